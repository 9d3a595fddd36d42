"""Small folders of images to train on, made anew by every test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tifffile

from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.training.training_data import TrainingData, open_data

Labels = npt.NDArray[np.uint16]
Pixels = npt.NDArray[Any]  # Any: every real dtype
SHAPE = (72, 56)
PLAIN = {"augmentation": {"flips": False, "rotations": "none"}}


def draw_labels(seed: int, shape: tuple[int, ...] = SHAPE) -> Labels:
    """Eight squares, numbered; some touch each other."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint16)
    for number in range(1, 9):
        corner = [rng.integers(max(side - 12, 1)) for side in shape]
        labels[tuple(slice(c, c + 12) for c in corner)] = number
    return labels


def draw_image(labels: Labels, seed: int, noise: float = 4.0) -> Labels:
    """Objects of 200 grey levels on 50, with noise."""
    rng = np.random.default_rng([seed, 1])
    pixels = rng.normal(50 + 150.0 * (labels > 0), noise)
    return np.rint(pixels.clip(0)).astype(np.uint16)


def write_images(folder: Path, images: dict[str, Pixels], **how: Any) -> None:  # Any: tifffile's
    """TIFF files of the names given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, pixels in images.items():
        tifffile.imwrite(folder / f"{name}.tif", pixels, **how)


def write_pairs(folder: Path, count: int = 6, *, noise: float = 40.0) -> None:
    """`inputs/` with much noise, `targets/` with little."""
    labels = {f"a{number}": draw_labels(number) for number in range(count)}
    clean = {name: draw_image(found, n) for n, (name, found) in enumerate(labels.items())}
    noisy = {n: draw_image(f, 90 + k, noise) for k, (n, f) in enumerate(labels.items())}
    write_images(folder / "inputs", noisy)
    write_images(folder / "targets", clean)


def write_masks(folder: Path, count: int = 6) -> None:
    """`masks/` with labels and `images/`."""
    labels = {f"a{number}": draw_labels(number) for number in range(count)}
    images = {name: draw_image(found, n) for n, (name, found) in enumerate(labels.items())}
    write_images(folder / "masks", labels)
    write_images(folder / "images", images)


def open_folder(
    folder: Path,
    task: Task = "restoration",
    *,
    paired: bool = True,
    patch_px: int = 16,
    seed: int = 0,
    **settings: Any,  # Any: as in a file
) -> TrainingData:
    """What `open_data` makes of a folder."""
    chosen = DataSettings.parse({"folder": str(folder), **settings})
    return open_data(chosen, tasks=(task,), paired=paired, patch_px=patch_px, seed=seed)
