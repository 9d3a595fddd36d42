"""Frames and boxes of steps that keep every n-th pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy.typing as npt

from napari_fidelity.core.image import Image

Box = tuple[slice, ...]


def resample_frame(
    image: Image,
    array: npt.NDArray[Any],  # Any: pixels or a stand-in for a frame
    factors: Sequence[int],
    shifts: Sequence[float],
) -> Image:
    """`array` in the frame of `image` with pixels `factors` as large.

    Parameters
    ----------
    image : Image
        What was sampled.
    array : ndarray
        The samples.
    factors : sequence of int
        Pixels of `image` from one sample to the next, per axis.
    shifts : sequence of float
        Where the first sample lies, in pixels of `image`.

    Examples
    --------
    >>> import numpy as np
    >>> fine = Image(np.zeros((4, 6)), scale=(0.1, 0.1), units=("micrometer",) * 2)
    >>> coarse = resample_frame(fine, np.zeros((2, 3)), (2, 2), (0.5, 0.5))
    >>> coarse.scale, coarse.translate
    ((0.2, 0.2), (0.05, 0.05))
    """
    return replace(
        image,
        array=array,
        scale=tuple(size * factor for size, factor in zip(image.scale, factors, strict=True)),
        translate=tuple(
            first + shift * size
            for first, shift, size in zip(image.translate, shifts, image.scale, strict=True)
        ),
        origin=tuple(first // factor for first, factor in zip(image.origin, factors, strict=True)),
    )


def shrink_box(box: Box, factors: Sequence[int], sizes: Sequence[int]) -> Box:
    """The samples that cover a box; at least one, at most `sizes`.

    Examples
    --------
    >>> shrink_box((slice(3, 5), slice(4, 9)), (1, 4), (10, 2))
    (slice(3, 5, None), slice(1, 2, None))
    """
    found = []
    for part, factor, size in zip(box, factors, sizes, strict=True):
        start = min(part.start // factor, size - 1)
        found.append(slice(start, max(min(-(-part.stop // factor), size), start + 1)))
    return tuple(found)


def grow_box(box: Box, factors: Sequence[int], sizes: Sequence[int]) -> Box:
    """The pixels that samples stand for, within an image of `sizes`."""
    return tuple(
        slice(part.start * factor, min(part.stop * factor, size))
        for part, factor, size in zip(box, factors, sizes, strict=True)
    )
