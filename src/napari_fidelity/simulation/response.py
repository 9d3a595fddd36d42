"""From an expected signal to intensities: seven coefficients, each pixel from its neighbourhood.

`fit_response` chooses the coefficients so that a whole image has given levels; it looks at every
pixel. `apply_response` turns them into an image; it looks `RESPONSE_REACH_PX` far, so that a part
of an image is made like the whole. `observe` does both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core import random
from napari_fidelity.core.params import Params
from napari_fidelity.simulation.camera_noise import CAMERA_STREAMS, record_levels
from napari_fidelity.simulation.fields import smooth_field
from napari_fidelity.simulation.observation import Levels, ObservationModel
from napari_fidelity.simulation.signal_statistics import (
    SignalPart,
    sample_foreground,
    shape_signal,
    solve_exponent,
    sum_parts,
)

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
RESPONSE_REACH_PX = 3
_PIXEL_STREAM, _FIELD_STREAM = 101, 102
_MASK_BLUR_PX = 1.0
_SIGNAL_CEILING = 4.0
_FIELD_CEILING_SD = 4.0


class Response(Params):
    """How a signal s becomes an intensity, where w is the blend weight of the mask.

    Expectation: ``offset + gain · s^(1 + (exponent - 1)·w) · (w + haze_gain·(1 - w))``. Added to
    it: pixel noise, its variance linear in s, and the field of stray light. Everything but
    `exponent` and `haze_gain` is in the intensity units of the image.
    """

    exponent: float = Field(1.0, gt=0, le=10, description="Power of the signal inside objects")
    gain: float = Field(1.0, description="Intensity of a signal of 1 above the offset")
    haze_gain: float = Field(1.0, ge=0, le=1, description="Factor of the signal outside objects")
    offset: float = Field(0.0, description="Intensity without signal")
    pixel_sd: float = Field(0.0, ge=0, description="SD of pixel noise without signal")
    foreground_noise_sd: float = Field(
        0.0, ge=0, description="SD of pixel noise where the signal is 1; at least pixel_sd"
    )
    field_sd: float = Field(0.0, ge=0, description="SD of stray light")


def blend_weight(mask: Mask) -> Floats:
    """Near 1 inside the mask, near 0 outside: the mask under a Gaussian of σ 1 px.

    Parameters
    ----------
    mask : ndarray of bool, shape (..., Y, X)
        Only the last two axes are blurred; borders reflect. A pixel depends on those at
        `RESPONSE_REACH_PX` or closer.

    Examples
    --------
    >>> blend_weight(np.ones((1, 4), bool)).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    """
    sigmas = (0.0,) * (mask.ndim - 2) + (_MASK_BLUR_PX,) * 2
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float32), sigmas, truncate=3.0))


def noise_streams(model: ObservationModel) -> tuple[int, ...]:
    """The keyed fields of standard normals that the noise of a pixel is made of."""
    return (_PIXEL_STREAM,) if model.known_camera() is None else CAMERA_STREAMS


def pixel_draws(
    shape: Sequence[int], model: ObservationModel, *, seed: int, origin: Sequence[int]
) -> list[Floats]:
    """These normals, keyed by coordinate: a crop is that of the whole."""
    streams = noise_streams(model)
    return [random.normal(shape, seed=seed, stream=stream, origin=origin) for stream in streams]


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
    spread = float(np.exp(skew**2 / 2) * np.sqrt(np.expm1(skew**2)))
    field = (np.exp(skew * total) - float(np.exp(skew**2 / 2))) / spread
    return np.asarray(np.minimum(field, _FIELD_CEILING_SD), np.float32)


def apply_response(
    signal: Floats,
    weight: Floats,
    response: Response,
    model: ObservationModel,
    *,
    seed: int,
    origin: Sequence[int],
    noise: bool = True,
    draws: Sequence[Floats] | None = None,
    field: Floats | None = None,
) -> Floats:
    """Intensities of a signal; a pixel depends on nothing but itself.

    Parameters
    ----------
    signal, weight : ndarray of float32, shape (..., Y, X)
        Expected signal and the blend weight of its mask.
    response : Response
        The coefficients.
    model : ObservationModel
        Scales and skew of stray light.
    seed, origin : int, sequence of int
        Key of the random parts and index of the first pixel.
    noise : bool
        Whether the random parts are added.
    draws, field : ndarrays of float32, optional
        Normals of each of `noise_streams`, and `stray_light`, of the same box, where the caller
        holds them already.

    Returns
    -------
    ndarray of float32, same shape
    """
    shaped = shape_signal(signal, weight, response.exponent)
    shaped *= weight + np.float32(response.haze_gain) * (1 - weight)
    intensities = np.asarray(response.offset + response.gain * shaped, np.float32)
    if not noise:
        return intensities
    camera = model.known_camera()
    growth = max(response.foreground_noise_sd**2 - response.pixel_sd**2, 0.0)
    if draws is None and (camera is not None or growth or response.pixel_sd):
        draws = pixel_draws(signal.shape, model, seed=seed, origin=origin)
    if camera is None and draws is not None:
        variance = response.pixel_sd**2 + growth * np.clip(signal, 0, _SIGNAL_CEILING)
        intensities += np.sqrt(variance) * draws[0]
    if response.field_sd:
        if field is None:
            field = stray_light(signal.shape, model, seed=seed, origin=origin)
        intensities += response.field_sd * field
    if camera is not None and draws is not None:  # stray light is light: the camera counts it
        return record_levels(intensities, camera, draws)
    return intensities


def fit_response(
    signal: Floats,
    mask: Mask,
    background: Mask,
    levels: Levels,
    model: ObservationModel,
    *,
    noise: bool = True,
) -> Response:
    """The response for which an image of `signal` has the given levels.

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
    noise : bool
        Whether noise will be added; without it the levels hold for the expectation.
    """
    part = SignalPart(signal, blend_weight(mask), mask, lambda: background)
    return fit_response_to_parts(
        lambda: (part,), int(np.count_nonzero(mask)), levels, model, noise=noise
    )


def fit_response_to_parts(
    parts: Callable[[], Iterable[SignalPart]],
    foreground_count: int,
    levels: Levels,
    model: ObservationModel,
    *,
    noise: bool = True,
) -> Response:
    """`fit_response` of an image that is read part by part, twice, in the order of its pixels.

    Inside objects the signal is raised to a power (contrast), outside it is multiplied (haze);
    a slightly blurred mask blends the two, so that nothing steps at the mask's edge.

    Parameters
    ----------
    parts : callable
        Begins a new pass over the parts of the image.
    foreground_count : int
        Number of pixels in the mask.
    levels, model, noise
        As for `fit_response`.
    """
    pixel_sd, foreground_noise = model.split_noise(levels) if noise else (0.0, 0.0)
    wanted_sd = np.sqrt(max(levels.foreground_sd**2 - foreground_noise**2, 0.0))
    relative_sd = float(wanted_sd) / max(levels.contrast, 1e-9)
    exponent = solve_exponent(*sample_foreground(parts(), foreground_count), relative_sd)
    exponent = min(exponent, model.exponent_limit)
    sums = sum_parts(parts(), exponent)
    haze_variance = (model.haze_share if noise else 1.0) * levels.background_sd**2
    gain = levels.contrast / sums.mean_difference(1.0)
    haze_gain = sums.find_haze_gain(gain, haze_variance)
    gain = levels.contrast / sums.mean_difference(haze_gain)
    haze = gain**2 * sums.background_variance(haze_gain)
    rest = max(levels.background_sd**2 - haze - pixel_sd**2, 0.0) if noise else 0.0
    if model.field_limit == 0:  # no stray light: what is missing is pixel noise
        pixel_sd, rest = float(np.hypot(pixel_sd, np.sqrt(rest))), 0.0
        foreground_noise = max(foreground_noise, pixel_sd) if noise else 0.0
    return Response(
        exponent=exponent,
        gain=gain,
        haze_gain=haze_gain,
        offset=levels.background_mean - gain * sums.background_mean(haze_gain),
        pixel_sd=pixel_sd,
        foreground_noise_sd=foreground_noise,
        field_sd=float(np.sqrt(rest)),
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
    """An image of the expected `signal` that has the given levels; arguments as above."""
    response = fit_response(signal, mask, background, levels, model, noise=noise)
    weight = blend_weight(mask)
    return apply_response(signal, weight, response, model, seed=seed, origin=origin, noise=noise)


def typical_response(levels: Levels, model: ObservationModel) -> Response:
    """The response that levels alone suggest: objects have a signal of 1 on average, haze none."""
    pixel_sd, foreground_noise = model.split_noise(levels)
    rest = max(levels.background_sd**2 - pixel_sd**2, 0.0)
    return Response(
        gain=levels.contrast,
        offset=levels.background_mean,
        pixel_sd=pixel_sd,
        foreground_noise_sd=foreground_noise,
        field_sd=float(np.sqrt(rest)),
    )
