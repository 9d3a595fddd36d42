"""What all images of a set must have in common: pixel type, channels, pixel size."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.training_fields import Field
from napari_fidelity.training.training_image import Plane

SAME_SIZE = 1e-3  # files round pixel sizes in different ways


def check_consistency(fields: Sequence[Field]) -> None:
    """Refuse sets that mix what a network cannot tell apart.

    Raises
    ------
    UserError
        Images of one side differ in pixel type or channels, or images differ in pixel size; the
        sentence names two of them.
    """
    for is_input in (True, False):
        planes = [f.input if is_input else f.target for f in fields]
        found = [plane for plane in planes if plane is not None and not plane.image.is_mask]
        _check_type(found)
        _check_channels(found)
    _check_pixel_size(plane for f in fields for plane in (f.input, f.target) if plane is not None)


def know_pixel_size(plane: Plane) -> bool:
    """Whether the file, or a person, said how large a pixel is."""
    sizes, units = plane.pixel_size()
    return any(size != 1 or unit != "pixel" for size, unit in zip(sizes, units, strict=True))


def _check_type(planes: Sequence[Plane]) -> None:
    for plane in planes:
        first, other = (np.dtype(p.image.frame.array.dtype) for p in (planes[0], plane))
        if first != other:
            raise UserError(
                f"{planes[0].image.path} holds {first} pixels, {plane.image.path} {other}: save "
                "all images of a side with one pixel type."
            )


def _check_channels(planes: Sequence[Plane]) -> None:
    for plane in planes:
        if plane.channels != planes[0].channels:
            raise UserError(
                f"{planes[0].image.path} has {planes[0].channels} channels, {plane.image.path} has "
                f"{plane.channels}: all images of a side need the same."
            )


def _check_pixel_size(planes: Iterable[Plane]) -> None:
    known = [plane for plane in planes if know_pixel_size(plane)]
    for plane in known:
        first, other = known[0].pixel_size(), plane.pixel_size()
        same = first[1] == other[1] and all(
            math.isclose(a, b, rel_tol=SAME_SIZE) for a, b in zip(first[0], other[0], strict=True)
        )
        if not same:
            raise UserError(
                f"{known[0].image.path} has pixels of {_spell(*first)}, {plane.image.path} of "
                f"{_spell(*other)}: train on images of one pixel size, or state the one that is "
                "right for all of them."
            )


def _spell(sizes: tuple[float, ...], units: tuple[str, ...]) -> str:
    return f"{'×'.join(f'{size:g}' for size in sizes)} {units[-1]}"
