"""Paper 000: random fill, pix2pix and CycleGAN measured, then used to train a segmentation."""
