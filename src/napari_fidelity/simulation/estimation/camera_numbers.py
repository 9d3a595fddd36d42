"""Offset, gain, read noise and background of an image, together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from napari_fidelity.simulation.estimation.camera_line import Transfer, measure_transfer
from napari_fidelity.simulation.estimation.dark_level import (
    cumulant_offset,
    estimate_offset,
    estimate_read_noise,
)
from napari_fidelity.simulation.estimation.normal_constants import MEDIAN_OF_SQUARE, SD_PER_MAD
from napari_fidelity.simulation.estimation.photon_transfer import CLIP_SD
from napari_fidelity.simulation.estimation.planes import Pixels
from napari_fidelity.simulation.estimation.plateaus import (
    estimate_background,
    find_plateau,
    smooth_levels,
)
from napari_fidelity.simulation.estimation.residuals import (
    take_differences,
    take_time_differences,
)
from napari_fidelity.simulation.estimation.result import Estimated

BRIGHT = 0.999
MOST_CUT = 0.02  # share of dark pixels that may be cut off: the tail of the noise


@dataclass(frozen=True)
class DarkFrame:
    """What frames without light tell.

    Parameters
    ----------
    mean, mean_error : float
        Their grey level.
    variance, variance_error : float
        Of the noise, rounding taken off.
    """

    mean: float
    mean_error: float
    variance: float
    variance_error: float


@dataclass(frozen=True)
class CameraNumbers:
    """Estimates of the camera, and of how much light there is."""

    offset: Estimated
    gain: Estimated
    read_noise: Estimated
    background: Estimated
    bright: Estimated
    transfer: Transfer
    notes: tuple[str, ...]


def estimate_camera(
    pixels: Pixels,
    check: Callable[[], None],
    *,
    dark: DarkFrame | None = None,
    stated_offset: float | None = None,
) -> CameraNumbers:
    """The camera's numbers by photon transfer.

    Parameters
    ----------
    pixels : Pixels
        What is looked at.
    check : callable
        Called between steps; may raise `Cancelled`.
    dark : DarkFrame, optional
        Frames without light: offset and read noise are measured, not inferred.
    stated_offset : float, optional
        Known from elsewhere; goes before the dark frames.
    """
    transfer = measure_transfer(pixels, check)
    levels = smooth_levels(pixels)
    background = estimate_background(pixels, levels)
    plateau = min(find_plateau(levels), background.value)
    offset = _find_offset(pixels, transfer, plateau, dark, stated_offset)
    read_noise = _find_read_noise(pixels, transfer, offset, dark)
    top = float(np.quantile(levels, BRIGHT))
    bright = Estimated(top, top, top, f"level that {1 - BRIGHT:.1%} of the smoothed pixels exceed")
    notes = list(transfer.notes)
    if offset.is_known and offset.value > plateau + _tolerance(transfer, plateau):
        notes.append(
            f"The offset ({offset.value:.5g}) lies above the darkest plateau ({plateau:.5g}): it "
            "was not measured with the settings of this image."
        )
    if read_noise.is_known and read_noise.high - read_noise.low > read_noise.value:
        notes.append(
            "Read noise and background light can hardly be told apart in this image: with the "
            "offset as stated the noise is right at every level, but a dark frame would separate "
            "them."
        )
    return CameraNumbers(
        offset, transfer.gain, read_noise, background, bright, transfer, tuple(notes)
    )


def measure_dark(pixels: Pixels) -> DarkFrame:
    """Mean and noise of frames that were taken without light.

    Of several frames the noise is that of differences in time, so that a fixed pattern does not
    count; of a single one, that of differences of neighbouring pixels.
    """
    values, squares = pixels.values(), []
    for film in pixels.films:
        parts = take_time_differences(film) if pixels.is_film else take_differences(film, 2)
        squares += [part.value**2 for part in parts]
    square = np.concatenate(squares)
    typical = float(np.median(square)) / MEDIAN_OF_SQUARE
    if typical > 0:
        square = square[square < CLIP_SD**2 * typical]
    median = float(np.median(values))
    spread = max(SD_PER_MAD * float(np.median(np.abs(values - median))), pixels.step)
    values = values[np.abs(values - median) <= CLIP_SD * spread]
    error = float(values.std()) / math.sqrt(values.size)
    variance = max(float(square.mean()) - pixels.rounding_variance, 0.0)
    # residuals of differences share pixels: some fifth of them are independent
    return DarkFrame(
        float(values.mean()), error, variance, variance * math.sqrt(2 * 5 / square.size)
    )


def _find_offset(
    pixels: Pixels,
    transfer: Transfer,
    plateau: float,
    dark: DarkFrame | None,
    stated: float | None,
) -> Estimated:
    if stated is not None:
        return Estimated(stated, stated, stated, "stated")
    if dark is not None:
        reach = 1.96 * dark.mean_error
        return Estimated(dark.mean, dark.mean - reach, dark.mean + reach, "mean of the dark frame")
    line, rounding = transfer.usable, pixels.rounding_variance
    if pixels.low_share > MOST_CUT:
        return Estimated.unknown(
            f"{pixels.low_share:.0%} of the pixels are cut off at {pixels.low:g}, so the noise in "
            "the dark is not seen: give a dark frame or state the offset"
        )
    if line is None:
        how = (
            f"assumed: no light reaches the darkest plateau ({plateau:.5g}); without a gain "
            "nothing says how much lower it may lie"
        )
        return Estimated(plateau, math.nan, plateau, how)
    found = cumulant_offset(transfer.residuals, line, plateau, rounding)
    return estimate_offset(line, found, plateau, rounding)


def _find_read_noise(
    pixels: Pixels, transfer: Transfer, offset: Estimated, dark: DarkFrame | None
) -> Estimated:
    line = transfer.usable
    if line is None:
        in_levels = f" ({math.sqrt(dark.variance):.3g} grey levels in the dark)" if dark else ""
        return Estimated.unknown(f"electrons need the gain, which is not known{in_levels}")
    if not offset.is_known:
        return Estimated.unknown("the noise in the dark is not known, since the offset is not")
    if dark is None:
        return estimate_read_noise(line, offset, pixels.rounding_variance)
    value = math.sqrt(dark.variance) / line.gain
    relative = math.hypot(
        line.gain_error / line.gain, dark.variance_error / max(2 * dark.variance, 1e-12)
    )
    reach = 1.96 * relative * value
    how = "SD of the noise of the dark frame over the gain"
    return Estimated(value, max(value - reach, 0.0), value + reach, how)


def _tolerance(transfer: Transfer, plateau: float) -> float:
    line = transfer.usable
    variance = 1.0 if line is None else max(float(line.variance(plateau)), 1.0)
    return 0.5 * math.sqrt(variance)
