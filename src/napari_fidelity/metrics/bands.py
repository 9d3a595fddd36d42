"""Local filters computed in bands of rows: the same values, and Cancel works between two bands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from napari_fidelity.core.progress import poll

Pixels = np.ndarray[Any, Any]  # Any: every shape and dtype
BAND_PIXELS = 2**20  # 0.1 to 0.2 s of the slowest filter


def in_bands(
    function: Callable[[Pixels], Pixels], image: Pixels, reach: int, out: Pixels | None = None
) -> Pixels:
    """`function(image)`, of the image's shape, computed in bands along the first axis.

    Parameters
    ----------
    function : callable
        A filter: a row of its result depends on no row that is farther than `reach`.
    image : ndarray
        What it is applied to; an image of few pixels is one band.
    reach : int
        Rows that are computed on both sides of each band and thrown away.
    out : ndarray, optional
        Where the result is written; default: a new array.

    Raises
    ------
    Cancelled
        The person asked to stop.

    Examples
    --------
    >>> import numpy as np
    >>> in_bands(lambda part: 2 * part, np.arange(6).reshape(3, 2), 0).tolist()
    [[0, 2], [4, 6], [8, 10]]
    """
    height = len(image)
    if height == 0:
        return function(image)
    for start, stop in cut_rows(image.shape):
        low, high = max(start - reach, 0), min(stop + reach, height)
        part = function(image[low:high])
        if out is None:
            out = np.empty((height, *part.shape[1:]), part.dtype)
        out[start:stop] = part[start - low : stop - low]
    assert out is not None  # there is a first row
    return out


def take_pixels(image: Pixels, region: Pixels) -> Pixels:
    """`image[region]` of a region of the image's shape: its pixels in order.

    Examples
    --------
    >>> import numpy as np
    >>> take_pixels(np.array([[1, 2], [3, 4]]), np.array([[True, False], [True, True]])).tolist()
    [1, 3, 4]
    """
    return gather_pixels(lambda start, stop: image[start:stop], region, image.dtype)


def gather_pixels(
    read: Callable[[int, int], Pixels],
    region: Pixels,
    dtype: Any,  # Any: as numpy's
) -> Pixels:
    """As `take_pixels` of an image whose rows `read(start, stop)` gives band by band."""
    out, filled = np.empty(np.count_nonzero(region), dtype), 0
    for start, stop in cut_rows(region.shape):
        part = read(start, stop)[region[start:stop]]
        out[filled : filled + len(part)] = part
        filled += len(part)
    return out


def cut_rows(shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Start and stop of each band of an image of that shape; polls for Cancel before each.

    Examples
    --------
    >>> list(cut_rows((5000, 1000)))
    [(0, 1048), (1048, 2096), (2096, 3144), (3144, 4192), (4192, 5000)]
    """
    height, width = shape[0], int(np.prod(shape[1:]))
    rows = max(1, BAND_PIXELS // max(width, 1))
    for start in range(0, height, rows):
        poll()
        yield start, min(start + rows, height)
