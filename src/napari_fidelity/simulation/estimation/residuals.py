"""What is left of noise when structure is taken away, beside the level where it was."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.simulation.estimation.planes import Film

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
RING_PX = 2  # width of the ring of pixels around those of a residual
BLOCKS = 4  # along each side; parts of a field that are left out in turn
_SAME = 1e-9  # relative range of levels that is none


@dataclass(frozen=True, eq=False)
class Residuals:
    """One entry a pixel.

    Parameters
    ----------
    value : ndarray
        Weighted sum of pixels, the squares of the weights summing to 1 and the weights to 0:
        its variance is that of the noise at `level`.
    level : ndarray
        Mean of those pixels, weighted by the squares: a variance that is linear in the level
        is recovered exactly, however the level changes between them.
    cubic_level : ndarray
        The same, weighted by the cubes.
    cube_sum : float
        Sum of the cubes: the third cumulant of `value` over that of a pixel.
    guide, roughness : ndarray
        Mean and variance of other pixels around. Pixels may be chosen by them without a bias:
        their noise is independent of that of `value`.
    block : ndarray of int
        Which part of the field the pixel lies in.
    """

    value: Floats
    level: Floats
    cubic_level: Floats
    cube_sum: float
    guide: Floats
    roughness: Floats
    block: npt.NDArray[np.int64]


def take_differences(film: Film, order: int) -> list[Residuals]:
    """Differences of `order` along Y and X of each frame.

    A smooth structure leaves little: of a spectrum S a share of
    ``(2 sin(ω/2))^(2·order) / C(2·order, order)`` along each axis, while white noise keeps its
    variance. The second order is Immerkær's filter (Computer Vision and Image Understanding 64,
    1996, 300–302).
    """
    kernel = _difference_kernel(order)
    return [
        _filter_frame(frame, usable, kernel)
        for frame, usable in zip(film.frames, film.usable, strict=True)
    ]


def take_fit_residuals(film: Film, side: int = 5) -> list[Residuals]:
    """Each pixel minus the parabola fitted to the `side`² pixels around it (Savitzky–Golay).

    Less is taken of the structure than by differences, but most of the skew of the noise stays.
    """
    reach = side // 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    terms = np.stack([np.ones_like(y), y, x, y * y, y * x, x * x], -1).reshape(side**2, -1)
    kernel = -(terms @ np.linalg.pinv(terms))[side**2 // 2].reshape(side, side)
    kernel[reach, reach] += 1
    kernel /= np.sqrt((kernel**2).sum())
    return [
        _filter_frame(frame, usable, kernel)
        for frame, usable in zip(film.frames, film.usable, strict=True)
    ]


def take_time_differences(film: Film) -> list[Residuals]:
    """Each frame minus the mean of its neighbours in time; of two frames, their difference.

    Linear bleaching and drift leave nothing. What remains in proportion to the mean image
    (flicker, bleaching that is not linear) is found by regression and taken away.
    """
    count = len(film.frames)
    weights = np.array([-0.5, 1, -0.5]) if count > 2 else np.array([1.0, -1.0])
    weights = weights / np.sqrt((weights**2).sum())
    powers = [weights**power / max((weights**power).sum(), 1e-12) for power in (2, 3)]
    mean, everywhere = film.frames.mean(0), np.asarray(film.usable.all(0))
    valid = _keep_clear(everywhere, 1 + RING_PX)
    if not valid.any():
        return []
    guide, roughness = _ring(mean, 1)
    found = []
    for first in range(count - len(weights) + 1):
        window = film.frames[first : first + len(weights)]
        value = np.tensordot(weights, window, 1)
        slope, shift = _fit_share(mean[everywhere], value[everywhere])
        maps = [value - slope * mean - shift, *(np.tensordot(power, window, 1) for power in powers)]
        found.append(_choose([*maps, guide, roughness], float((weights**3).sum()), valid))
    return found


def _fit_share(mean: Floats, value: Floats) -> tuple[float, float]:
    """Slope and shift of `value` over `mean`; no slope where the mean is the same everywhere."""
    if np.ptp(mean) <= _SAME * np.abs(mean).max():
        return 0.0, float(value.mean())
    slope, shift = np.polyfit(mean, value, 1)
    return float(slope), float(shift)


def _difference_kernel(order: int) -> Floats:
    weights = np.array([(-1) ** i * comb(order, i) for i in range(order + 1)], np.float64)
    weights /= np.sqrt((weights**2).sum())
    return np.outer(weights, weights)


def _filter_frame(frame: Floats, usable: Mask, kernel: Floats) -> Residuals:
    side = len(kernel)
    square, cube = kernel**2, kernel**3
    inner = side + 1 - side % 2  # odd: the ring is centred
    guide, roughness = _ring(frame, inner)
    cube_sum = float(cube.sum())
    maps = [
        _correlate(frame, kernel),
        _correlate(frame, square),
        _correlate(frame, cube / cube_sum) if side % 2 else np.zeros_like(frame),
        guide,
        roughness,
    ]
    return _choose(maps, cube_sum, _keep_clear(usable, inner // 2 + 1 + RING_PX))


def _correlate(frame: Floats, kernel: Floats) -> Floats:
    """By rows and columns where the kernel is a product of two."""
    left, size, right = np.linalg.svd(kernel)
    if size[1] > 1e-9 * size[0]:
        return np.asarray(ndimage.correlate(frame, kernel))
    rows = ndimage.correlate1d(frame, left[:, 0] * size[0], axis=0)
    return np.asarray(ndimage.correlate1d(rows, right[0], axis=1))


def _ring(frame: Floats, inner: int) -> tuple[Floats, Floats]:
    """Mean and variance of the pixels around a square of odd side `inner`."""
    outer = inner + 2 * RING_PX
    count = outer**2 - inner**2
    shifted = frame - frame.mean()  # squares of large levels would lose digits
    sums = [
        ndimage.uniform_filter(values, outer) * outer**2
        - ndimage.uniform_filter(values, inner) * inner**2
        for values in (shifted, shifted**2)
    ]
    mean = sums[0] / count
    return mean + frame.mean(), np.maximum(sums[1] / count - mean**2, 0)


def _keep_clear(usable: Mask, reach: int) -> Mask:
    """Pixels with usable ones alone up to `reach`, and away from the border."""
    spread = ndimage.minimum_filter(usable, 2 * reach + 1, mode="constant", cval=False)
    return np.asarray(spread, np.bool_)


def _choose(maps: list[Floats], cube_sum: float, valid: Mask) -> Residuals:
    value, level, cubic_level, guide, roughness = (values[valid] for values in maps)
    places = np.nonzero(valid)
    row, column = (place * BLOCKS // size for place, size in zip(places, valid.shape, strict=True))
    return Residuals(value, level, cubic_level, cube_sum, guide, roughness, row * BLOCKS + column)
