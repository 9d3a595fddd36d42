"""The demo: a mask of real nuclei, images made for it, their measured quality."""
