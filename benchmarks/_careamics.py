"""CAREamics' tiled prediction with a network of ours in the place of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from napari_fidelity.app.benchmark.subject import Floats, Predict
from napari_fidelity.networks.norm_unet import NormUNet


@contextmanager
def open_careamics(network: NormUNet, tile_px: int) -> Iterator[Predict]:
    """What predicts an image (Y, X) with `CAREamist.predict` and the weights of `network`.

    Tiles overlap by what the network sees, so that the result has no seams. CAREamics takes
    weights from a checkpoint alone, so one is written to a temporary folder.
    """
    from careamics import CAREamist
    from careamics.config import create_advanced_care_config

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    config = create_advanced_care_config(
        experiment_name="benchmark",
        data_type="array",
        axes="YX",
        patch_size=[tile_px, tile_px],
        batch_size=1,
        normalization="none",
    )
    overlap = -(-2 * network.receptive_field_px // network.size_multiple) * network.size_multiple
    with TemporaryDirectory() as folder:
        careamist = CAREamist(config, work_dir=folder, enable_progress_bar=False)
        careamist.model.model = network
        careamist.trainer.strategy.connect(careamist.model)
        checkpoint = Path(folder) / "network.ckpt"
        careamist.trainer.save_checkpoint(checkpoint)

        def predict(image: Floats) -> Floats:
            images, _ = careamist.predict(
                image,
                tile_size=(tile_px, tile_px),
                tile_overlap=(overlap, overlap),
                num_workers=0,  # the image is in memory
                checkpoint=checkpoint,
            )
            return np.asarray(images[0], np.float32).reshape(image.shape)

        yield predict
