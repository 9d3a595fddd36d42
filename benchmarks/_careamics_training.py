"""CAREamics' training of its own CARE U-Net, or of a network of ours, with every step clocked."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from torch import nn

from napari_fidelity.app.benchmark.subject import Floats

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


def build_careamist(patch_px: int, batch: int, steps: int, folder: Path) -> Any:  # Any: theirs
    """A `CAREamist` for the U-Net of CSBDeep's shape: depth 2, 32 filters, no norm, residual.

    Its kernels are 3×3 and its up-sampling is bilinear: neither can be set. Flips, quarter turns
    and Adam as ours, the mean absolute difference as loss, images in memory.
    """
    from careamics import CAREamist
    from careamics.config import create_advanced_care_config

    config = create_advanced_care_config(
        experiment_name="benchmark",
        data_type="array",
        axes="SYX",
        patch_size=[patch_px, patch_px],
        batch_size=batch,
        num_epochs=1,
        num_steps=steps,
        n_val_patches=1,
        normalization="none",  # the images are scaled already
        num_workers=0,  # the images are in memory
        model_params={"use_batch_norm": False, "residual": True},
        trainer_params={"accelerator": "cpu", "enable_model_summary": False},
        optimizer_params={"lr": 4e-4},
        seed=1,
    )
    return CAREamist(config, work_dir=folder, enable_progress_bar=False)


def time_careamics_steps(
    images: Floats,
    targets: Floats,
    *,
    patch_px: int,
    batch: int,
    steps: int,
    network: nn.Module | None = None,
) -> tuple[list[float], int]:
    """Moments at which the steps of a training ended, in seconds; and the network's parameters.

    Parameters
    ----------
    images, targets : ndarray (N, Y, X)
    patch_px, batch, steps : int
    network : Module, optional
        Trained in the place of CAREamics' own.
    """
    from lightning.pytorch import Callback

    moments: list[float] = []

    class Clock(Callback):  # type: ignore[misc]  # CAREamics is absent where types are checked
        def on_train_batch_end(self, *_: Any) -> None:
            moments.append(perf_counter())

    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own
        careamist = build_careamist(patch_px, batch, steps, Path(folder))
        if network is not None:
            careamist.model.model = network.train()
        careamist.trainer.callbacks.append(Clock())
        careamist.train(train_data=images, train_data_target=targets)
        count = sum(parameter.numel() for parameter in careamist.model.model.parameters())
    return moments, count
