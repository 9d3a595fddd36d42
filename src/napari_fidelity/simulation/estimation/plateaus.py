"""The darkest plateau of an image, and its background."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.simulation.estimation.normal_constants import SD_PER_MAD
from napari_fidelity.simulation.estimation.planes import Film, Pixels
from napari_fidelity.simulation.estimation.result import Estimated

Floats = npt.NDArray[np.float64]
SMOOTHING_PX = 2.0  # mixes some 50 pixels: their noise is a seventh
_LEAST_SHARE = 0.01  # of all pixels, for a peak of the histogram to be a plateau
_BINS = 400
_DARKER = 0.6  # background is looked for in this share of the pixels


def smooth_levels(pixels: Pixels) -> Floats:
    """Levels of all fields under a Gaussian of `SMOOTHING_PX`, of which every second is taken.

    Of frames the mean over time is taken first.
    """
    return np.concatenate([_smooth(film) for film in pixels.films])


def find_plateau(levels: Floats) -> float:
    """The lowest level around which smoothed levels gather.

    The lowest peak of their histogram with at least 1 % of the pixels; where there is none,
    the level that 1 % fall below.
    """
    low, high = np.quantile(levels, [0, 0.995])
    if high <= low:
        return float(low)
    counts, edges = np.histogram(levels, _BINS, (low, high))
    density = ndimage.gaussian_filter1d(counts.astype(np.float64), 1.5, mode="constant")
    centers = (edges[:-1] + edges[1:]) / 2
    beside = np.pad(density, 1)
    for peak in np.flatnonzero((density > beside[:-2]) & (density >= beside[2:])):
        right = int(peak) + 1
        while right < _BINS - 1 and density[right] > density[peak] / 2:
            right += 1
        width = centers[min(right, _BINS - 1)] - centers[peak]
        around = levels[np.abs(levels - centers[peak]) <= width]
        if around.size >= _LEAST_SHARE * levels.size:
            return float(np.median(around))
    return float(np.quantile(levels, _LEAST_SHARE))


def estimate_background(pixels: Pixels, levels: Floats) -> Estimated:
    """The most common level of the darker 60 % of the smoothed pixels (half-sample mode)."""
    darker = np.sort(levels[levels <= np.quantile(levels, _DARKER)])
    value = _half_sample_mode(darker)
    below = value - levels[levels <= value]
    spread = SD_PER_MAD * float(np.median(below)) if below.size else 0.0
    spread = max(spread, pixels.step / 2)
    how = (
        f"the most common level of the darker {_DARKER:.0%}, smoothed by {SMOOTHING_PX:g} px; the "
        "range is its spread over the field"
    )
    return Estimated(value, value - 1.96 * spread, value + 1.96 * spread, how)


def _smooth(film: Film) -> Floats:
    usable = np.asarray(film.usable.any(0))
    frame = film.frames.mean(0)
    frame = np.where(usable, frame, np.median(frame[usable]) if usable.any() else 0.0)
    smoothed = ndimage.gaussian_filter(frame, SMOOTHING_PX, mode="nearest")[::2, ::2]
    return np.asarray(smoothed[usable[::2, ::2]])


def _half_sample_mode(ordered: Floats) -> float:
    """The mode by halving: of the halves of the ordered values, again and again the shortest.

    Bickel and Frühwirth, Computational Statistics and Data Analysis 50 (2006), 3500–3530. It
    stops at 1 % of the values, whose mean is taken: a single pair would be noise.
    """
    least = max(len(ordered) // 100, 3)
    while len(ordered) > least:
        half = max((len(ordered) + 1) // 2, least)
        if half >= len(ordered):
            break
        widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
        first = int(np.argmin(widths))
        ordered = ordered[first : first + half]
    return float(ordered.mean())
