"""The observation model of a training set: its levels, its noise, its haze."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from napari_fidelity.metrics import nfm
from napari_fidelity.simulation.observation import Levels, ObservationModel
from napari_fidelity.simulation.response import fit_response, observe
from napari_fidelity.training.fit_images import Bools, FitImage, Floats

FIELD_SCALES_PX = (6.0, 20.0)
_HAZE_SHARES = (0.15, 0.3, 0.45)
_SKEWS = (0.5, 0.8, 1.1)
_LIMIT_PERCENTILE, _EXPONENT_PERCENTILE = 90, 75
# Second difference along both axes: blind to gradients and edges along an axis (Immerkær 1996).
_NOISE_KERNEL = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0]) / 6
_TRIMMED_MEAN = 0.7168  # of |x| below its 95th percentile, x standard normal


def fit_levels(images: Sequence[FitImage]) -> Levels:
    """The median of each level over the images, one a group."""
    rows = [list(image.levels.model_dump().values()) for image in images]
    middle = [float(f"{value:.5g}") for value in np.median(rows, axis=0)]
    return Levels(**dict(zip(Levels.model_fields, middle, strict=True)))


def fit_observation(images: Sequence[FitImage], searched: Sequence[FitImage]) -> ObservationModel:
    """The model whose images come closest to the real ones in background density.

    Pixel noise follows from a regression over images; shares and skew of the smooth field from
    a grid search for the least mean NFM.

    Parameters
    ----------
    images : sequence of FitImage
        Training images, one a group.
    searched : sequence of FitImage
        Some of them with their signals.
    """
    noise = _fit_pixel_noise(images)
    candidates = [
        noise.model_copy(update={"haze_share": share, "field_skew": skew})
        for share in _HAZE_SHARES
        for skew in _SKEWS
    ]
    return min(candidates, key=lambda model: _mean_nfm(model, searched))


def limit_exponent(model: ObservationModel, images: Sequence[FitImage]) -> ObservationModel:
    """The model with the largest exponent that three quarters of the images ask for.

    The rest vary inside objects by texture and from object to object, which no mask tells. A
    power that makes up for it exaggerates the little that is known, and SFM falls.

    Parameters
    ----------
    model : ObservationModel
    images : sequence of FitImage
        Training images with their signals.
    """
    found = [
        fit_response(image.signal, image.foreground, image.background, image.levels, model).exponent
        for image in images
        if image.signal is not None
    ]
    limit = max(1.0, float(np.percentile(found, _EXPONENT_PERCENTILE)))
    return model.model_copy(update={"exponent_limit": round(limit, 4)})


def measure_pixel_noise(image: Floats, region: Bools, step: float = 1.0) -> float:
    """SD of pixel-to-pixel noise inside `region`, without the part that rounding made.

    The mean of the smaller 95 % of absolute mixed second differences, over the same mean of a
    standard normal; edges and specks are in the rest. Less the twelfth of a grey level that
    rounding adds, and at least a tenth of a grey level.

    Parameters
    ----------
    image : ndarray, shape (Y, X)
    region : ndarray of bool, shape (Y, X)
    step : float
        Distance of grey levels, 0 where there are none.
    """
    filtered = np.abs(ndimage.convolve(image.astype(np.float64), _NOISE_KERNEL)[region])
    count = max(1, int(0.95 * filtered.size))
    smaller = np.partition(filtered, count - 1)[:count]
    variance = (float(smaller.mean()) / _TRIMMED_MEAN) ** 2 - step**2 / 12
    return float(np.sqrt(max(variance, 0.01 * step**2)))


def _fit_pixel_noise(images: Sequence[FitImage]) -> ObservationModel:
    ratios, factors, foreground = [], [], []
    for image in images:
        levels = image.levels
        dark, bright = (
            measure_pixel_noise(image.image, region, image.step)
            for region in (image.background, image.foreground)
        )
        if dark > 0 and levels.foreground_sd > 0:
            ratios.append(levels.background_sd / levels.contrast)
            factors.append(dark / levels.background_sd)
            foreground.append(bright / levels.foreground_sd)
    if not ratios:
        return ObservationModel(field_scales_px=FIELD_SCALES_PX)
    exponent, intercept = _fit_power(np.log(ratios), np.log(factors))
    return ObservationModel(
        pixel_factor=round(float(np.exp(intercept)), 4),
        pixel_exponent=round(exponent, 4),
        foreground_factor=round(float(np.median(foreground)), 4),
        field_scales_px=FIELD_SCALES_PX,
        field_limit=round(float(np.percentile(ratios, _LIMIT_PERCENTILE)), 4),
    )


def _fit_power(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and intercept; the mean alone where there are too few images for a slope."""
    if len(x) < 5 or np.ptp(x) < 0.1:
        return 0.0, float(np.mean(y))
    slope, intercept = np.polyfit(x, y, 1)
    return float(slope), float(intercept)


def _mean_nfm(model: ObservationModel, images: Sequence[FitImage]) -> float:
    distances = []
    for image in images:
        assert image.signal is not None
        made = observe(
            image.signal,
            image.foreground,
            image.background,
            image.levels,
            model,
            seed=0,
            origin=(0, 0),
        )
        rounded = image.round_like(made)
        distances.append(nfm(test=rounded, reference=image.image, background=image.background))
    return float(np.nanmean(distances))
