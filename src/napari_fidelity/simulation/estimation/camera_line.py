"""The photon transfer line of an image: which residuals it is measured with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

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
MOVED = 1.15  # gain from differences in time over that from both, above which things moved
LEAST_SLOPE_SD = 3.0


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
    """The lowest order of differences with which the next higher one agrees.

    Structure adds most to the lowest order; noise that is white adds the same to all, and the
    lowest is the surest.
    """
    best: Line | None = None
    before: Line | None = None
    gap = 0.0
    for order in ORDERS:
        check()
        line = _fit(pixels, lambda film, order=order: take_differences(film, order))  # type: ignore[misc]  # bound here
        if line is None or line.gain <= 0:
            best, before = line or before, line
            continue
        if before is not None and before.gain > 0:
            gap = abs(before.gain - line.gain)
            if gap <= AGREE * line.gain:
                best = before
                break
        best, before = line, line
    else:
        gap = gap or 0.0
    check()
    skewed = [part for film in pixels.films for part in take_fit_residuals(film)]
    notes: tuple[str, ...] = ()
    if best is not None and best.gain > 0 and gap > AGREE * best.gain:
        notes = (
            "Structures are as fine as pixels: differences of rising order do not agree on the "
            "noise, so the gain is an upper bound. Two images of the same field would tell.",
        )
    how = "slope of the noise's variance over the level; noise from differences of neighbouring"
    return Transfer(best, _judge(best, gap, f"{how} pixels"), skewed, notes)


def _from_frames(pixels: Pixels, check: Callable[[], None]) -> Transfer:
    check()
    in_time = [part for film in pixels.films for part in take_time_differences(film)]
    line = fit_line(in_time, least=pixels.rounding_variance, ceiling=pixels.high)
    check()
    filtered = _fit(pixels, lambda film: take_time_differences(film, 2))
    how = "slope of the noise's variance over the level; noise from differences of frames"
    if line is not None and filtered is not None and _is_moved(line, filtered):
        note = "Something moves or blinks between frames: what is smooth of it was taken away."
        gap = 0.05 * filtered.gain
        return Transfer(filtered, _judge(filtered, gap, how), in_time, (note,))
    return Transfer(line, _judge(line, 0.0, how), in_time)


def _is_moved(line: Line, filtered: Line) -> bool:
    """Whether bright places change more in time than their fine grain does, and dark ones do not.

    Where dark places do as well, the noise itself is correlated between pixels.
    """
    level = line.points[:, 0]
    ratios = [
        float(line.variance(at) / max(float(filtered.variance(at)), 1e-12))
        for at in (level.min(), level.max())
    ]
    return ratios[1] > MOVED * max(ratios[0], 1.0)


def _fit(pixels: Pixels, take: Callable[[Film], list[Residuals]]) -> Line | None:
    residuals = [part for film in pixels.films for part in take(film)]
    return fit_line(residuals, least=pixels.rounding_variance, ceiling=pixels.high)


def _judge(line: Line | None, gap: float, how: str) -> Estimated:
    if line is None:
        return Estimated.unknown(
            "too little range: the grey levels do not spread over enough usable pixels for a slope"
        )
    low, high = float(line.points[:, 0].min()), float(line.points[:, 0].max())
    error = line.gain_error
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
    reach = math.hypot(1.96 * error, gap)
    return Estimated(line.gain, max(line.gain - reach, 0.0), line.gain + reach, how)
