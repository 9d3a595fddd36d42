"""Pairs of image and instance labels from a folder, and the table that splits them.

The folder has `images/` and `labels/` with PNG files of equal names. The table is a CSV file
with the columns `image`, `group` and `split` ("training" or "validation"): crops of one field
share a group and stay on one side.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.masks import background_region

SPLITS = ("training", "validation")
_MIN_PIXELS = 50


@dataclass(frozen=True)
class LabelledImage:
    """One grey image (Y, X) with its labels, and the group of crops to which it belongs."""

    name: str
    group: int
    image: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]

    @cached_property
    def foreground(self) -> npt.NDArray[np.bool_]:
        """Pixels of objects."""
        return self.labels > 0

    @cached_property
    def background(self) -> npt.NDArray[np.bool_]:
        """Pixels further than the metrics' margin from every object."""
        return background_region(self.foreground)


def load_labelled_images(
    folder: Path, table: Path, split: str, *, one_a_group: bool = False
) -> list[LabelledImage]:
    """The usable pairs of one split, in the order of the table; the first of each group if asked.

    Pairs with fewer than 50 pixels of foreground or of background are left out.

    Raises
    ------
    UserError
        The table, an image or its labels are missing, or their shapes differ.
    """
    if not table.exists():
        raise UserError(f"{table} is missing: it names group and split of every image.")
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split]
    if one_a_group:
        rows = list({row["group"]: row for row in reversed(rows)}.values())[::-1]
    pairs = [_load_pair(folder, row["image"], int(row["group"])) for row in rows]
    return [
        pair for pair in pairs if min(pair.foreground.sum(), pair.background.sum()) >= _MIN_PIXELS
    ]


def _load_pair(folder: Path, name: str, group: int) -> LabelledImage:
    from skimage import io  # heavy: loaded at first use

    paths = folder / "images" / name, folder / "labels" / name
    for path in paths:
        if not path.exists():
            raise UserError(f"{path} is missing though the split names {name}.")
    image, labels = (io.imread(path) for path in paths)
    if image.shape != labels.shape or image.ndim != 2:
        raise UserError(f"{name}: image {image.shape} and labels {labels.shape} do not match.")
    return LabelledImage(name, group, image.astype(np.float32), labels.astype(np.int32))
