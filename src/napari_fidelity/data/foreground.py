"""Where structures are, so that patches are drawn there and not from empty background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]  # Any: every real dtype
Floats = npt.NDArray[np.float32]
CELLS_A_SIDE = 8  # a patch is judged by 8 cells a side
MIN_MASK_SHARE = 0.02  # of the pixels of a patch
BRIGHT = 0.4  # of the way from the darkest to the brightest cells, as CSBDeep's patch filter
DARKEST, BRIGHTEST = 1.0, 99.8  # percentiles of cells
NOISE_RANGE = 8.0  # standard deviations; the range of noise alone is 5.2 between the percentiles
_SD_OF_DIFFERENCES = 1.349 / 2 * 2**0.5  # median absolute difference of two standard normals


@dataclass(frozen=True, eq=False)
class Places:
    """Corners at which a patch shows structures.

    Parameters
    ----------
    corners : ndarray of int32, (N, dims)
        On a grid; a patch may start anywhere up to a cell further.
    cell : tuple of int
        Sides of a cell of the grid.
    """

    corners: npt.NDArray[np.int32]
    cell: tuple[int, ...]

    def draw(
        self, shape: tuple[int, ...], patch: tuple[int, ...], rng: np.random.Generator
    ) -> tuple[int, ...]:
        """The corner of one such patch."""
        corner = self.corners[rng.integers(len(self.corners))]
        jitter = rng.integers(self.cell)
        return tuple(
            int(min(start + step, side - size))
            for start, step, side, size in zip(corner, jitter, shape, patch, strict=True)
        )


def choose_cell(patch: tuple[int, ...]) -> tuple[int, ...]:
    """Sides of the cells by which patches are judged."""
    return tuple(max(1, side // CELLS_A_SIDE) for side in patch)


def mean_over_cells(pixels: Pixels, cell: tuple[int, ...]) -> Floats:
    """Mean of each cell, border cells over what there is of them.

    Examples
    --------
    >>> mean_over_cells(np.array([[1, 3, 5]]), (1, 2))
    array([[2., 5.]], dtype=float32)
    """
    sums = pixels.astype(np.float64)
    for axis, size in enumerate(cell):
        starts = np.arange(0, pixels.shape[axis], size)
        counts = np.diff([*starts, pixels.shape[axis]])
        sums = np.add.reduceat(sums, starts, axis)
        sums /= counts.reshape([-1 if a == axis else 1 for a in range(pixels.ndim)])
    return sums.astype(np.float32)


def mark_bright(cells: Floats, noise: float) -> npt.NDArray[np.bool_]:
    """Cells that belong to bright structures; none where cells differ no more than by noise.

    Parameters
    ----------
    cells : ndarray
        Means over cells.
    noise : float
        Standard deviation of such a mean by the noise of its pixels.
    """
    low, high = np.percentile(cells, [DARKEST, BRIGHTEST])
    if high - low <= NOISE_RANGE * noise:
        return np.zeros(cells.shape, bool)
    return np.asarray(cells > low + BRIGHT * (high - low))


def measure_pixel_noise(pixels: Pixels) -> float:
    """Standard deviation from pixel to pixel: the median absolute difference of neighbours."""
    rows = np.diff(pixels.astype(np.float32), axis=-1)
    return float(np.median(np.abs(rows))) / _SD_OF_DIFFERENCES if rows.size else 0.0


def find_bright_places(
    cells: Floats, noise: float, shape: tuple[int, ...], patch: tuple[int, ...]
) -> Places:
    """Where patches of an image show something bright in their inner half.

    Parameters
    ----------
    cells : ndarray
        Means over cells as `choose_cell` gives them.
    noise : float
        Standard deviation of a pixel by noise.
    shape, patch : tuple of int
        Sides of the image and of a patch.
    """
    marked = mark_bright(cells, noise / float(np.prod(choose_cell(patch))) ** 0.5)
    return _collect(marked.astype(np.float32), shape, patch, least=0.0, inner=True)


def find_mask_places(cells: Floats, shape: tuple[int, ...], patch: tuple[int, ...]) -> Places:
    """Where at least 2 % of a patch are inside of objects; `cells` hold the share of each."""
    return _collect(cells, shape, patch, least=MIN_MASK_SHARE, inner=False)


def _collect(
    cells: Floats,
    shape: tuple[int, ...],
    patch: tuple[int, ...],
    *,
    least: float,
    inner: bool,
) -> Places:
    """Corners whose patches have a mean over cells of more than `least`."""
    cell = choose_cell(patch)
    counts = [(side - size) // c + 1 for side, size, c in zip(shape, patch, cell, strict=True)]
    found = cells.astype(np.float64)
    for axis, (count, size, c) in enumerate(zip(counts, patch, cell, strict=True)):
        window = -(-size // c)
        skip = window // 4 if inner else 0
        sums = np.cumsum(found, axis)
        sums = np.concatenate([np.zeros_like(np.take(sums, [0], axis)), sums], axis)
        first = np.arange(count) + skip
        last = np.minimum(first + window - 2 * skip, found.shape[axis])
        found = (np.take(sums, last, axis) - np.take(sums, first, axis)) / (window - 2 * skip)
    corners = np.argwhere(found > max(least, 1e-9)) * np.array(cell)
    return Places(corners.astype(np.int32), cell)
