"""Folders of masks and images as the trainings read them, with their groups and split."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.studies.synthesis_000.fields import (
    GENERATORS,
    SEGMENTATION,
    VALIDATION,
    Bools,
    Floats,
    MitoImage,
    pick_role,
)

MASKS, IMAGES, GROUPS = "masks", "images", "groups.csv"
SUFFIX = ".ome.tif"
TRAIN, VALIDATE = "train", "validation"


def write_pix2pix_set(folder: Path, images: Sequence[MitoImage]) -> Path:
    """All pairs of the generators' fields, and the validation pairs."""
    fields = [replace(image, part="") for image in pick_role(images, GENERATORS)]
    return _write(folder, fields, pick_role(images, VALIDATION))


def write_cyclegan_set(folder: Path, images: Sequence[MitoImage]) -> Path:
    """Masks of some of the generators' fields, images of others, and the validation pairs.

    Where no image is assigned to a side, all are written with both and the training divides them.
    """
    fields = pick_role(images, GENERATORS)
    divided = [image for image in fields if image.part]
    return _write(folder, divided or fields, pick_role(images, VALIDATION))


def write_segmentation_set(
    folder: Path, images: Sequence[MitoImage], made: Mapping[str, Floats] | None = None
) -> Path:
    """Masks that no generator saw with images of one arm, and the real validation pairs.

    Parameters
    ----------
    folder : Path
        Where it goes.
    images : sequence of MitoImage
        All of the study.
    made : mapping of str to ndarray, optional
        The arm's image of each mask by name; default: the real ones.
    """
    fields = pick_role(images, SEGMENTATION)
    if made is not None:
        fields = [replace(image, image=made[image.name]) for image in fields]
    return _write(folder, fields, pick_role(images, VALIDATION))


def _write(folder: Path, train: Sequence[MitoImage], validate: Sequence[MitoImage]) -> Path:
    if (folder / GROUPS).is_file():  # written last
        return folder
    rows = []
    for split, images in ((TRAIN, train), (VALIDATE, validate)):
        for image in images:
            if image.part != IMAGES:
                _write_plane(folder / MASKS, image.name, image.mask)
            if image.part != MASKS:
                _write_plane(folder / IMAGES, image.name, image.image)
            group = f"{image.group}-{image.part}" if image.part else image.group
            rows.append((image.name, group, split))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "group", "split"])
    writer.writerows(rows)
    with write_atomically(folder / GROUPS) as path:
        path.write_text(text.getvalue(), encoding="utf-8")
    return folder


def _write_plane(folder: Path, name: str, pixels: Bools | Floats) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    values = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
    write_image(folder / f"{name}{SUFFIX}", Image(values, name=name))
