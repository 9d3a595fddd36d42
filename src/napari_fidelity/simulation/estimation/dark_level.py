"""Where the camera's zero lies: from third cumulants, or from the darkest plateau.

Variance over level is a straight line whatever the offset: an offset that is higher by d and a
read noise variance that is higher by ``d / gain`` draw the same one. Something else must tell
them apart. Photon noise is skewed and read noise is not: the third cumulant of the noise is
``gain² · (level - offset)``, without the read noise. Besides, the offset lies neither above the
darkest level of the image nor below the level at which the line leaves no read noise at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import truncnorm

from napari_fidelity.simulation.estimation.normal_constants import SD_PER_MAD
from napari_fidelity.simulation.estimation.photon_transfer import (
    LEAST_COUNT,
    Line,
    bin_edges,
    choose_smooth,
    join,
)
from napari_fidelity.simulation.estimation.residuals import Residuals
from napari_fidelity.simulation.estimation.result import Estimated

Floats = npt.NDArray[np.float64]
CLIP_SD = 6.0  # further out than for variances: the tail is the message
DARK_SD = 3.0  # surroundings within so many SD of the plateau are used
INFORMATIVE = 0.35  # standard error over the width of the possible range
_TRUSTED_SD = 3.0


def cumulant_offset(
    residuals: Sequence[Residuals], line: Line, plateau: float, least: float
) -> tuple[float, float] | None:
    """Offset and its standard error, from third cumulants where it is dark.

    Parameters
    ----------
    residuals : sequence of Residuals
        With cubes of weights that do not cancel.
    line : Line
        Of the variance over the level.
    plateau : float
        Darkest plateau; only surroundings of about this level are used.
    least : float
        Smallest variance that is possible.
    """
    guide = join(residuals, "guide")
    if guide.size < 2 * LEAST_COUNT or line.gain <= 0:
        return None
    noise = math.sqrt(max(float(line.variance(plateau)), least, 1e-12))
    below = plateau - guide[guide <= plateau]  # what is brighter may be structure
    ring_noise = SD_PER_MAD * float(np.median(below)) if below.size else 0.0
    dark = np.abs(guide - plateau) <= DARK_SD * max(ring_noise, noise / 8)
    if np.count_nonzero(dark) < 2 * LEAST_COUNT:
        return None
    value, level, rough = (
        join(residuals, name)[dark] for name in ("value", "cubic_level", "roughness")
    )
    guide = guide[dark]
    edges = bin_edges(guide)
    bins = np.digitize(guide, edges[1:-1]) if len(edges) > 2 else np.zeros(len(guide), np.int64)
    kept = choose_smooth(bins, rough) & (np.abs(value) < CLIP_SD * noise)
    count = np.count_nonzero(kept)
    if count < 2 * LEAST_COUNT:
        return None
    cubes = value[kept] ** 3 / residuals[0].cube_sum
    offset = float(level[kept].mean()) - float(cubes.mean()) / line.gain**2
    block = join(residuals, "block")[dark][kept]
    parts = [
        float(level[kept][rest].mean() - cubes[rest].mean() / line.gain**2)
        for rest in (block != number for number in np.unique(block))
        if rest.any()
    ]
    gain_part = 2 * line.gain_error / line.gain * abs(float(cubes.mean())) / line.gain**2
    error = max(line.spread(np.array(parts)), float(cubes.std()) / math.sqrt(count) / line.gain**2)
    return offset, math.hypot(error, gain_part)


def estimate_offset(
    line: Line, found: tuple[float, float] | None, plateau: float, rounding: float
) -> Estimated:
    """The offset between the level of no read noise and the darkest plateau.

    Parameters
    ----------
    line : Line
        Of the variance over the level.
    found : (float, float), optional
        Offset and standard error of `cumulant_offset`.
    plateau : float
        Upper bound.
    rounding : float
        Variance of rounding.
    """
    low = min((rounding - line.intercept) / line.gain, plateau)
    width = plateau - low
    plain = (
        f"assumed: no light reaches the darkest plateau ({plateau:.5g}); if some does, the offset "
        f"lies lower, but not below {low:.5g}, where the noise would leave nothing for reading"
    )
    if found is None or width <= 0:
        return Estimated(plateau, low, plateau, plain)
    offset, error = found
    far = max(low - offset, offset - plateau) > _TRUSTED_SD * error
    if far or error > INFORMATIVE * width:
        return Estimated(plateau, low, plateau, plain)
    bounds = (low - offset) / error, (plateau - offset) / error
    belief = truncnorm(*bounds, loc=offset, scale=error)
    how = (
        "third cumulant of the noise where it is dark: photon noise is skewed, read noise is not; "
        f"assumed: Gaussian read noise; bounded by the darkest plateau ({plateau:.5g}) and by the "
        f"level of no read noise ({low:.5g})"
    )
    low_end, high_end = map(float, belief.ppf([0.025, 0.975]))
    return Estimated(float(belief.mean()), low_end, high_end, how)


def estimate_read_noise(line: Line, offset: Estimated, rounding: float) -> Estimated:
    """SD of the noise at the offset, in electrons: ``sqrt(line(offset) - rounding) / gain``."""

    def at(level: float, gain: float, intercept: float) -> float:
        return math.sqrt(max(gain * level + intercept - rounding, 0.0)) / gain

    value = at(offset.value, line.gain, line.intercept)
    error = line.spread(np.array([at(offset.value, *each) for each in line.replicates]))
    low = max(at(offset.low, line.gain, line.intercept) - 1.96 * error, 0.0)
    high = at(offset.high, line.gain, line.intercept) + 1.96 * error
    if value <= 0:
        return Estimated(
            math.nan,
            0.0,
            high,
            f"the noise at the offset is not larger than rounding and the fit's error: below "
            f"{high:.3g} electrons",
        )
    how = "SD of the noise at the offset, by the line of variance over level: as sure as the offset"
    return Estimated(value, min(low, value), max(high, value), how)
