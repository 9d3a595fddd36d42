"""What speaks against a camera's plain noise: correlation, curvature, stretched grey levels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.simulation.estimation.normal_constants import SD_PER_MAD
from napari_fidelity.simulation.estimation.photon_transfer import Line
from napari_fidelity.simulation.estimation.planes import Film, Pixels

Floats = npt.NDArray[np.float64]
BOX_PX = 7
CORRELATED = 0.1
BENT = 1.8  # ratio of the slopes at both ends
CLEAR_SD = 4.0
_WHITE = -0.024  # of white noise, since the mean over the box is taken away
_LEAST_PAIRS = 2000


def find_doubts(pixels: Pixels, dtype: np.dtype[Any], line: Line | None) -> Iterator[str]:
    """A sentence for each thing that makes the estimates doubtful."""
    values = pixels.values()
    if dtype.kind == "u" and dtype.itemsize == 1 and _is_stretched(values, pixels):
        yield (
            "8-bit grey levels from 0 to 255 are mostly stretched for display: the numbers hold "
            "for these grey levels, not for the camera, and gamma would bend the line."
        )
    correlation = neighbour_correlation(pixels)
    if abs(correlation) > CORRELATED:
        yield (
            f"Neighbouring pixels are alike where it is dark and plain ({correlation:+.2f}): the "
            "image was filtered, resampled or compressed, or fine structure covers it; gain and "
            "read noise may be off" + ("." if pixels.is_film else " by far.")
        )
    if line is not None and (ratio := slope_ratio(line)) is not None:
        yield (
            f"Variance over level is bent ({ratio:.2g} times as steep at the bright end as at the "
            "dark one): gamma, display stretching, or structure as fine as the noise."
        )


def neighbour_correlation(pixels: Pixels) -> float:
    """Correlation of the noise of adjacent pixels, where it is dark; NaN where nobody can say.

    Of frames in time the difference of two is looked at. Structure, and motion of it, would
    look like correlation: only pixels are used whose surroundings are dark and plain.
    """
    sums = np.zeros(3)
    for film in pixels.films:
        sums += _sum_products(film)
    pairs, products, squares = sums
    if pairs < _LEAST_PAIRS or squares <= 0:
        return math.nan
    return float(products / squares) - _WHITE


def slope_ratio(line: Line) -> float | None:
    """Slope at the bright end over that at the dark one, of a parabola; None where it is straight.

    The parabola is fitted by weighted least squares, errors being those of its scatter.
    """
    level, variance, count = line.points.T
    low, span = float(level.min()), float(np.ptp(level))
    if len(level) < 6 or span <= 0:
        return None
    where = (level - low) / span
    weight = np.sqrt(count) / np.maximum(variance, 1e-12)
    found, covariance = np.polyfit(where, variance, 2, w=weight, cov=True)
    bend, slope = float(found[0]), float(found[1])
    if abs(bend) < CLEAR_SD * math.sqrt(float(covariance[0, 0])):
        return None
    ratio = (slope + 2 * bend) / slope if slope > 0 else math.inf
    return None if 1 / BENT < ratio < BENT else max(ratio, 0.0)


def _is_stretched(values: Floats, pixels: Pixels) -> bool:
    return float(values.min()) <= 1 and (float(values.max()) >= 253 or math.isfinite(pixels.high))


def _choose_plain(frame: Floats, used: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The flattest fifth of the darkest half, both judged on a wider scale than noise."""
    around = ndimage.gaussian_filter(frame, 3.0)
    slope = ndimage.gaussian_gradient_magnitude(frame, 4.0)
    dark = used & (around <= np.median(around[used]))
    return np.asarray(dark & (slope <= np.quantile(slope[dark], 0.2)))


def _sum_products(film: Film) -> Floats:
    """Number of pairs, sum of products of neighbours, sum of squares."""
    if len(film.frames) > 1:
        noise, frame = film.frames[1] - film.frames[0], film.frames.mean(0)
        used = np.asarray(film.usable[:2].all(0))
    else:
        noise = frame = film.frames[0]
        used = film.usable[0]
    used = _choose_plain(frame, used) if used.any() else used
    used = ndimage.minimum_filter(used, 3, mode="constant", cval=False)
    noise = noise - ndimage.uniform_filter(noise, BOX_PX)
    typical = SD_PER_MAD * float(np.median(np.abs(noise[used]))) if used.any() else 0.0
    used &= np.abs(noise) <= 6 * max(typical, 1e-12)
    found = np.zeros(3)
    for one, other in (
        ((slice(None), slice(1, None)), (slice(None), slice(None, -1))),
        ((slice(1, None),), (slice(None, -1),)),
    ):
        both = used[one] & used[other]
        left, right = noise[one][both], noise[other][both]
        found += (both.sum(), (left * right).sum(), (left**2 + right**2).sum() / 2)
    return found
