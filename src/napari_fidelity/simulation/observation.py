"""From an expected signal to a camera image: four intensity levels, haze and noise.

**Ours**, not of the papers: the generator makes the expected signal (background 0, foreground
about 1), this model makes what the camera adds. It has three parts: the haze that the signal
itself casts around objects, a smooth and positively skewed field (light from out of focus,
debris), and pixel noise that grows with the signal; both random parts are keyed by coordinate.
How they share the background's variance is measured once on a training set
(`ObservationModel`); an image to be matched contributes four numbers and no more (`Levels`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core import random
from napari_fidelity.core.params import Params
from napari_fidelity.simulation.fields import smooth_field

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
_PIXEL_STREAM, _FIELD_STREAM = 101, 102
_EXPONENTS = (0.3, 4.0)
_HAZE_GAINS = (0.0, 1.0)
_MASK_BLUR_PX = 1.0
_SOLVER_PIXELS = 200_000
_SIGNAL_FLOOR = 1e-4
_FIELD_CEILING_SD = 4.0


class Levels(Params):
    """The four numbers to which an image is matched, in its own intensity units."""

    foreground_mean: float = Field(title="Foreground mean", description="Mean inside the mask")
    foreground_sd: float = Field(
        ge=0, title="Foreground SD", description="Standard deviation inside the mask"
    )
    background_mean: float = Field(title="Background mean", description="Mean away from the mask")
    background_sd: float = Field(
        ge=0, title="Background SD", description="Standard deviation away from the mask"
    )

    @property
    def contrast(self) -> float:
        """Foreground mean minus background mean."""
        return self.foreground_mean - self.background_mean


class ObservationModel(Params):
    """How the background's variance and the pixel noise come about, measured on a training set.

    With contrast c, background SD s and foreground SD f, pixel noise has the SD
    `pixel_factor · s · (s/c)^pixel_exponent` where there is no signal and
    `foreground_factor · f` where the signal is 1; its variance is linear in between. Background
    variance beyond what haze and smooth field may take is pixel noise as well.
    """

    pixel_factor: float = Field(1.0, ge=0, description="Pixel noise over background SD at s = c")
    pixel_exponent: float = Field(0.0, description="Power of s/c by which that ratio changes")
    foreground_factor: float = Field(0.0, ge=0, description="Pixel noise over foreground SD")
    haze_share: float = Field(
        0.0, ge=0, le=1, description="Share of the background's variance that haze takes"
    )
    field_scales_px: tuple[float, ...] = Field(
        (8.0,), min_length=1, description="Gaussian SDs of the layers of the smooth field"
    )
    field_skew: float = Field(
        0.0, ge=0, le=2, description="Log-normal shape of the smooth field; 0 is Gaussian"
    )
    field_limit: float = Field(
        1.0, ge=0, description="Largest SD of the smooth field over c; the rest is pixel noise"
    )


def measure_levels(image: npt.NDArray[Any], mask: Mask, background: Mask) -> Levels:
    """The four levels of `image` (any shape) inside `mask` and inside `background`."""
    inside, outside = image[mask].astype(np.float64), image[background].astype(np.float64)
    return Levels(
        foreground_mean=float(inside.mean()),
        foreground_sd=float(inside.std()),
        background_mean=float(outside.mean()),
        background_sd=float(outside.std()),
    )


def observe(
    signal: Floats,
    mask: Mask,
    background: Mask,
    levels: Levels,
    model: ObservationModel,
    *,
    seed: int,
    origin: Sequence[int],
    noise: bool = True,
) -> Floats:
    """An image of the expected `signal` that has the given levels.

    Parameters
    ----------
    signal : ndarray of float32, shape (..., Y, X)
        Expected signal, 0 in empty background and about 1 inside objects.
    mask, background : ndarray of bool, same shape
        Where foreground and background levels hold; either may be empty.
    levels : Levels
        Targets, in the intensity units of the result.
    model : ObservationModel
        Shares of haze, smooth field and pixel noise.
    seed, origin : int, sequence of int
        Key of the random parts and index of the first pixel.
    noise : bool
        Whether the random parts are added; without them the levels hold for the expectation.

    Returns
    -------
    ndarray of float32, same shape
    """
    pixel_sd, foreground_noise = _noise_levels(levels, model) if noise else (0.0, 0.0)
    expected = _match_expectation(signal, mask, background, levels, model, foreground_noise, noise)
    if not noise:
        return expected
    haze = float(expected[background].var(dtype=np.float64)) if background.any() else 0.0
    rest = max(levels.background_sd**2 - haze - pixel_sd**2, 0.0)
    growth = max(foreground_noise**2 - pixel_sd**2, 0.0)
    variance = pixel_sd**2 + growth * np.clip(signal, 0, 4)
    draws = random.normal(signal.shape, seed=seed, stream=_PIXEL_STREAM, origin=origin)
    field = stray_light(signal.shape, model, seed=seed, origin=origin)
    return np.asarray(expected + np.sqrt(variance) * draws + np.sqrt(rest) * field, np.float32)


def stray_light(
    shape: Sequence[int], model: ObservationModel, *, seed: int, origin: Sequence[int]
) -> Floats:
    """A keyed random field of mean 0 and variance 1: smooth layers, skewed log-normally.

    Values above 4 SD are cut: rarer ones would stand in the picture like objects.
    """
    leading = (0.0,) * (len(shape) - 2)
    layers = [
        smooth_field(
            shape, (*leading, sigma, sigma), seed=seed, stream=_FIELD_STREAM + number, origin=origin
        )
        for number, sigma in enumerate(model.field_scales_px)
    ]
    total = np.asarray(sum(layers) / np.float32(np.sqrt(len(layers))), np.float32)
    skew = model.field_skew
    if skew == 0:
        return total
    spread = np.exp(skew**2 / 2) * np.sqrt(np.expm1(skew**2))
    field = (np.exp(skew * total) - np.exp(skew**2 / 2)) / spread
    return np.asarray(np.minimum(field, _FIELD_CEILING_SD), np.float32)


def _noise_levels(levels: Levels, model: ObservationModel) -> tuple[float, float]:
    """SD of pixel noise without signal, and where the signal is 1."""
    contrast, spread = max(levels.contrast, 1e-9), max(levels.background_sd, 1e-9)
    ratio = min(model.pixel_factor * (spread / contrast) ** model.pixel_exponent, 1.0)
    smooth_share = min(1 - model.haze_share, (model.field_limit * contrast / spread) ** 2)
    pixel_sd = spread * np.sqrt(max(ratio**2, 1 - model.haze_share - smooth_share))
    foreground = max(model.foreground_factor * levels.foreground_sd, pixel_sd)
    return float(pixel_sd), float(min(foreground, 0.9 * levels.foreground_sd))


def _match_expectation(
    signal: Floats,
    mask: Mask,
    background: Mask,
    levels: Levels,
    model: ObservationModel,
    foreground_noise: float,
    noise: bool,
) -> Floats:
    """The signal shaped so that the means hold, and the SDs after noise of the given size.

    Inside objects the signal is raised to a power (contrast), outside it is multiplied (haze);
    a slightly blurred mask blends the two, so that nothing steps at the mask's edge.
    """
    weight = ndimage.gaussian_filter(
        mask.astype(np.float32), (0,) * (mask.ndim - 2) + (_MASK_BLUR_PX,) * 2, truncate=3.0
    )
    log_signal = np.log(np.maximum(signal, _SIGNAL_FLOOR))
    wanted_sd = np.sqrt(max(levels.foreground_sd**2 - foreground_noise**2, 0.0))
    relative_sd = wanted_sd / max(levels.contrast, 1e-9)
    share = model.haze_share if noise else 1.0
    exponent = _solve_exponent(log_signal[mask], weight[mask], relative_sd)
    shaped = np.exp(log_signal * (1 + (exponent - 1) * weight))
    gain = levels.contrast / _mean_difference(shaped, mask, background)
    haze_gain = _haze_gain(gain * shaped[background], share * levels.background_sd**2)
    shaped *= weight + np.float32(haze_gain) * (1 - weight)
    gain = levels.contrast / _mean_difference(shaped, mask, background)
    offset = levels.background_mean - gain * _mean(shaped[background])
    return np.asarray(offset + gain * shaped, np.float32)


def _solve_exponent(log_signal: Floats, weight: Floats, relative_sd: float) -> float:
    """The power for which SD over mean inside objects is `relative_sd`, by bisection."""
    step = max(1, log_signal.size // _SOLVER_PIXELS)
    log_signal, weight = log_signal[::step].astype(np.float64), weight[::step]
    if log_signal.size < 2 or log_signal.std() < 1e-6:
        return 1.0
    low, high = _EXPONENTS
    for _ in range(24):
        middle = (low + high) / 2
        shaped = np.exp(log_signal * (1 + (middle - 1) * weight))
        if shaped.std() < relative_sd * shaped.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _haze_gain(haze: Floats, wanted_variance: float) -> float:
    """Factor that brings the variance of the haze to the wanted one, within its bounds."""
    variance = float(haze.var(dtype=np.float64)) if haze.size else 0.0
    if variance <= 0:
        return 1.0
    return float(np.clip(np.sqrt(wanted_variance / variance), *_HAZE_GAINS))


def _mean(values: Floats) -> float:
    return float(values.mean(dtype=np.float64)) if values.size else 0.0


def _mean_difference(shaped: Floats, mask: Mask, background: Mask) -> float:
    return max(_mean(shaped[mask]) - _mean(shaped[background]), 1e-9)
