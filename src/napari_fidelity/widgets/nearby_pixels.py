"""A region of an image with some pixels around: enough for a preview, far less than a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.visible_region import Region


def crop_around(image: Image, region: Region, around: Mapping[str, int]) -> tuple[Image, Region]:
    """The part of `image` around a region, and the region in it.

    Parameters
    ----------
    image : Image
        The whole; its array may be lazy.
    region : tuple of slice
        Over all axes.
    around : mapping of str to int
        How many pixels more on both sides, by the letter of an axis; other axes: none.

    Examples
    --------
    >>> import numpy as np
    >>> stack = Image(np.zeros((60, 8, 8)), scale=(0.5, 1, 1))
    >>> plane = (slice(30, 31), slice(0, 8), slice(0, 8))
    >>> crop, inner = crop_around(stack, plane, {"Z": 4})
    >>> crop.shape, inner[0], crop.translate[0]
    ((9, 8, 8), slice(4, 5, None), 13.0)
    """
    reaches = [around.get(letter, 0) for letter in image.axes]
    window = tuple(
        slice(max(part.start - reach, 0), min(part.stop + reach, size))
        for part, reach, size in zip(region, reaches, image.shape, strict=True)
    )
    starts = [part.start for part in window]
    moved = zip(image.translate, starts, image.scale, strict=True)
    crop = replace(
        image,
        array=image.array[window],
        translate=tuple(zero + start * size for zero, start, size in moved),
        origin=tuple(zero + start for zero, start in zip(image.origin, starts, strict=True)),
    )
    inner = tuple(
        slice(part.start - start, part.stop - start)
        for part, start in zip(region, starts, strict=True)
    )
    return crop, inner
