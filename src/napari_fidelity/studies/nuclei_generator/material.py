"""Real nuclei with their masks: the images of the split, and a confocal stack apart from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.imageio import read_image
from napari_fidelity.training.config import TrainConfig, read_config
from napari_fidelity.training.fit_images import FitImage
from napari_fidelity.training.training_data import TrainingData, open_data

FOLDER = Path(__file__).parent
SPLIT_TABLE, RECIPE = FOLDER / "nuclei_split.csv", FOLDER / "training.yaml"


def read_recipe(images: Path) -> TrainConfig:
    """The settings of the training, for images that lie in `images`."""
    config = read_config(RECIPE)
    data = config.data.model_copy(update={"folder": str(images), "groups": str(SPLIT_TABLE)})
    return config.model_copy(update={"data": data})


def open_nuclei(images: Path) -> TrainingData:
    """Both sides of the split.

    Raises
    ------
    UserError
        The folder lacks images or labels that the split names.
    """
    config = read_recipe(images)
    return open_data(
        config.data,
        tasks=config.spec.tasks,
        paired=True,
        patch_px=config.spec.default_patch_px,
        seed=config.run.seed,
    )


def read_stack(image: Path, labels: Path) -> list[FitImage]:
    """The planes of a stack with at least half as much foreground as the fullest one.

    Raises
    ------
    UserError
        Image and labels are not equally large stacks.
    """
    pixels, mask = (np.asarray(read_image(path).array) for path in (image, labels))
    if pixels.shape != mask.shape or pixels.ndim != 3:
        raise UserError(
            f"{image} has the shape {pixels.shape}, {labels} {mask.shape}: two equally large "
            "stacks are needed."
        )
    filled = (mask > 0).sum(axis=(1, 2))
    return [
        FitImage(
            name=f"plane {index}",
            group="stack",
            masks=encode_mask(mask[index]),
            image=pixels[index].astype(np.float32),
            step=1.0,
        )
        for index in np.flatnonzero(2 * filled >= filled.max())
    ]
