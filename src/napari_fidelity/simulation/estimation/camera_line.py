"""The photon transfer line of an image: which residuals it is measured with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from napari_fidelity.simulation.estimation.noise_checks import CORRELATED, neighbour_correlation
from napari_fidelity.simulation.estimation.photon_transfer import Line, fit_line
from napari_fidelity.simulation.estimation.planes import Film, Pixels
from napari_fidelity.simulation.estimation.residuals import (
    Residuals,
    take_differences,
    take_fit_residuals,
    take_time_differences,
)
from napari_fidelity.simulation.estimation.result import Estimated

ORDERS = (2, 3, 4, 5)
AGREE = 0.04  # relative difference of two gains that counts as none
MOVED = 0.05  # relative difference of gains in time and in space that may be chance
MANY_FRAMES = 5  # from which on differences in time tell more of the skew than those in space
LEAST_SLOPE_SD = 3.0
LEAST_NOISE = 1e-12  # of the squared level: an SD of a millionth, as rounding of numbers leaves
RANGE_SD = 2.5  # 95 %, as measured on simulations: parts of a field are not all alike
_HOW = "slope of the noise's variance over the level; noise from "


@dataclass(frozen=True, eq=False)
class Transfer:
    """What photon transfer found.

    Parameters
    ----------
    line : Line or None
        None where there are too few pixels.
    gain : Estimated
        Its slope, or why there is none.
    residuals : list of Residuals
        With skew, for third cumulants.
    """

    line: Line | None
    gain: Estimated
    residuals: list[Residuals]
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> Line | None:
        """The line if its slope is a gain."""
        return self.line if self.gain.is_known else None


def measure_transfer(pixels: Pixels, check: Callable[[], None]) -> Transfer:
    """The line from differences of frames, or of neighbouring pixels where there is one frame.

    Parameters
    ----------
    pixels : Pixels
        What is looked at.
    check : callable
        Called between steps; may raise `Cancelled`.
    """
    return _from_frames(pixels, check) if pixels.is_film else _from_planes(pixels, check)


def _from_planes(pixels: Pixels, check: Callable[[], None]) -> Transfer:
    best, gap = _fit_orders(pixels, check)
    notes: tuple[str, ...] = ()
    if best is not None and best.gain > 0 and gap > AGREE * best.gain:
        notes = (
            "Structures are as fine as pixels: differences of rising order do not agree on the "
            "noise, so the gain is an upper bound. Two images of the same field would tell.",
        )
    gain = _judge(best, gap, _HOW + "differences of neighbouring pixels")
    return Transfer(best, gain, _take_skewed(pixels), notes)


def _fit_orders(pixels: Pixels, check: Callable[[], None]) -> tuple[Line | None, float]:
    """The line of the lowest order with which the next higher one agrees, and their difference.

    Structure adds most to the lowest order; noise that is white adds the same to all, and the
    lowest is the surest.
    """
    before: Line | None = None
    gap = 0.0
    for order in ORDERS:
        check()
        line = _fit(pixels, partial(take_differences, order=order))
        if line is None:
            break
        if before is not None:
            gap = abs(before.gain - line.gain)
            if gap <= AGREE * line.gain:
                return before, gap
        before = line
    return before, gap


def _from_frames(pixels: Pixels, check: Callable[[], None]) -> Transfer:
    """Differences in time; those of neighbouring pixels where things move.

    Structure adds to the one and motion to the other, so the smaller gain is nearer. Only where
    noise is correlated between pixels does the one in space tell too little.
    """
    check()
    in_time = [part for film in pixels.films for part in take_time_differences(film)]
    line = fit_line(in_time, least=pixels.rounding_variance, within=(pixels.low, pixels.high))
    still, gap = _fit_orders(pixels, check)
    check()
    many = len(pixels.films[0].frames) >= MANY_FRAMES
    skewed = in_time if many else _take_skewed(pixels)
    if line is not None and still is not None and _is_moved(line, still):
        correlation = neighbour_correlation(pixels)
        if not abs(correlation) > CORRELATED:
            how = _HOW + "differences of neighbouring pixels, since something moves or blinks"
            note = "Something moves or blinks between frames: neighbouring pixels were compared."
            return Transfer(still, _judge(still, gap, how), _take_skewed(pixels), (note,))
    return Transfer(line, _judge(line, 0.0, _HOW + "differences of frames"), skewed)


def _is_moved(line: Line, still: Line) -> bool:
    error = math.hypot(line.gain_error, still.gain_error)
    return still.gain > 0 and line.gain - still.gain > max(MOVED * still.gain, 2.5 * error)


def _take_skewed(pixels: Pixels) -> list[Residuals]:
    return [part for film in pixels.films for part in take_fit_residuals(film)]


def _fit(pixels: Pixels, take: Callable[[Film], list[Residuals]]) -> Line | None:
    residuals = [part for film in pixels.films for part in take(film)]
    return fit_line(residuals, least=pixels.rounding_variance, within=(pixels.low, pixels.high))


def _judge(line: Line | None, gap: float, how: str) -> Estimated:
    if line is None:
        return Estimated.unknown(
            "too little range: the grey levels do not spread over enough usable pixels for a slope"
        )
    low, high = float(line.points[:, 0].min()), float(line.points[:, 0].max())
    error = line.gain_error
    if float(line.points[:, 1].max()) < LEAST_NOISE * max(abs(low), abs(high)) ** 2:
        return Estimated.unknown("there is no noise: the image was computed, not recorded")
    if line.gain < -LEAST_SLOPE_SD * error:
        return Estimated.unknown(
            f"the noise falls where the image is brighter (levels {low:.4g} to {high:.4g}): the "
            "grey levels are not proportional to light"
        )
    if line.gain <= LEAST_SLOPE_SD * error:
        return Estimated.unknown(
            f"too little range: between levels {low:.4g} and {high:.4g} the noise grows by less "
            "than its own error"
        )
    reach = math.hypot(RANGE_SD * error, gap)
    return Estimated(line.gain, max(line.gain - reach, 0.0), line.gain + reach, how)
