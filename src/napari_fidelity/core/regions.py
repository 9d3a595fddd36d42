"""Regions: boxes over all axes of an image, read and put on its frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image

Region = tuple[slice, ...]


def parse_region(region: Region | None, shape: Sequence[int]) -> Region:
    """A region with its starts and stops stated; None is all of `shape`.

    Raises
    ------
    UserError
        It has another number of axes, steps, or holds no pixel.

    Examples
    --------
    >>> parse_region((slice(None), slice(-2, None)), (3, 5))
    (slice(0, 3, None), slice(3, 5, None))
    """
    if region is None:
        return tuple(slice(0, size) for size in shape)
    if len(region) != len(shape):
        raise UserError(
            f"The region has {len(region)} axes, the image {len(shape)}: give one slice for each."
        )
    found = []
    for part, size in zip(region, shape, strict=True):
        start, stop, step = part.indices(size)
        if step != 1:
            raise UserError(f"The region takes steps of {step}: it must take every pixel.")
        if stop <= start:
            raise UserError(
                f"The region holds no pixel, {part.start}:{part.stop} holds none of {size} pixels: "
                "choose a larger one."
            )
        found.append(slice(start, stop))
    return tuple(found)


def place_region(image: Image, region: Region, frame: Image) -> Image:
    """`image`, which holds the pixels of a region of `frame`, where that region lies.

    Parameters
    ----------
    image : Image
        Its own place and scale are not used.
    region : tuple of slice
        With starts, one for each axis of `frame`.
    frame : Image
        The whole; its pixels are not read.

    Examples
    --------
    >>> import numpy as np
    >>> whole = Image(np.zeros((4, 6)), scale=(0.5, 0.5))
    >>> part = place_region(Image(np.zeros((2, 3))), (slice(2, 4), slice(1, 4)), whole)
    >>> part.translate, part.scale, part.origin
    ((1.0, 0.5), (0.5, 0.5), (2, 1))
    """
    starts = [part.start for part in region]
    return replace(
        image,
        scale=frame.scale,
        units=frame.units,
        translate=tuple(
            zero + start * size
            for zero, start, size in zip(frame.translate, starts, frame.scale, strict=True)
        ),
        origin=tuple(zero + start for zero, start in zip(frame.origin, starts, strict=True)),
    )
