"""How noisy an image is, and the settings of methods whose strength goes by it."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.spec import Floats, RestorationSettings, Settled

# The difference of two Laplacians: blind to planes and edges along the axes.
_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_GAIN = 6.0  # root of the mask's summed squares


class DenoiserSettings(RestorationSettings):
    """Base of the settings of denoisers: how noisy the image is, and how much to remove."""

    kind: str
    strength: float = Field(
        1.0,
        gt=0,
        le=100,
        title="Strength",
        description="How much is smoothed, in units of the noise's standard deviation",
    )
    noise_sd: float | None = Field(
        None,
        ge=0,
        title="Noise SD",
        description="Standard deviation of the noise in the image's intensities; "
        "default: estimated from the image",
    )


SettingsT = TypeVar("SettingsT", bound=DenoiserSettings)


def estimate_noise_sd(array: npt.ArrayLike) -> float:
    """Standard deviation of the white noise in a plane, or the mean over the planes of a volume.

    ``σ = sqrt(π / 2) · mean|M ⊗ I| / 6`` with M the difference of two Laplacians (Immerkær,
    Computer Vision and Image Understanding 64, 1996). Fine texture counts as noise; noise that
    neighbours share is underestimated. Noise that grows with the signal is averaged.

    Parameters
    ----------
    array : array_like
        (..., Y, X), at least 3×3 pixels a plane; less: 0.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(50.0, 4.0, (128, 128))
    >>> round(estimate_noise_sd(noise), 1)
    4.0
    """
    values = np.asarray(array, np.float32)
    if min(values.shape[-2:]) < 3:
        return 0.0
    planes = values.reshape(-1, *values.shape[-2:])
    found = [
        float(np.abs(ndimage.convolve(plane, _MASK)[1:-1, 1:-1]).mean(dtype=np.float64))
        for plane in planes
    ]
    return math.sqrt(math.pi / 2) * float(np.mean(found)) / _GAIN


def settle_noise_sd(
    sample: Floats,
    settings: SettingsT,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,  # noqa: ARG001
) -> Settled:
    """The settings with the noise of a representative part in place of "estimated".

    Examples
    --------
    >>> flat = np.zeros((8, 8), np.float32)
    >>> settle_noise_sd(flat, DenoiserSettings(kind="tv")).facts
    {'noise_sd': 0.0, 'noise_sd_from': 'estimated'}
    """
    if settings.noise_sd is not None:
        return Settled(settings, {"noise_sd": settings.noise_sd, "noise_sd_from": "stated"})
    found = estimate_noise_sd(sample)
    settled = settings.model_copy(update={"noise_sd": found})
    return Settled(settled, {"noise_sd": found, "noise_sd_from": "estimated"})


def find_noise_sd(array: Floats, settings: DenoiserSettings) -> float:
    """The stated standard deviation of the noise, else that of `array`."""
    return estimate_noise_sd(array) if settings.noise_sd is None else settings.noise_sd
