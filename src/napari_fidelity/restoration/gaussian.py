"""Gaussian smoothing: the simplest denoiser, and the bar for all others."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.spec import Floats, MethodSpec, RestorationSettings

_TRUNCATE = 4.0  # where the kernel ends, in σ; scipy's default


class GaussianSettings(RestorationSettings):
    """Settings of Gaussian smoothing."""

    kind: Literal["gaussian"] = "gaussian"
    sigma_px: float = Field(
        2.0,
        ge=0,
        le=100,
        title="σ (px)",
        description="Standard deviation of the smoothing within a plane",
    )
    sigma_z_px: float = Field(
        0.0,
        ge=0,
        le=100,
        title="σ along Z (planes)",
        description="Standard deviation of the smoothing across planes, where volumes are "
        "restored; 0: planes stay apart",
    )


def run_gaussian(
    array: Floats,
    settings: GaussianSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane or volume smoothed by a Gaussian of sum 1, borders mirrored.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X) or volume (Z, Y, X), float32.
    settings : GaussianSettings
        The widths.
    psf
        Not used.
    progress : Progress, optional
        Called once.

    Examples
    --------
    >>> point = np.zeros((9, 9), np.float32); point[4, 4] = 1
    >>> smooth = run_gaussian(point, GaussianSettings(sigma_px=1))
    >>> round(float(smooth.max() * 2 * np.pi), 1), round(float(smooth.sum()), 3)
    (1.0, 1.0)
    """
    (progress or Progress())(0, 1, "Gaussian")
    sigmas = (settings.sigma_z_px, settings.sigma_px, settings.sigma_px)[-array.ndim :]
    return np.asarray(
        ndimage.gaussian_filter(array, sigmas, mode="reflect", truncate=_TRUNCATE), np.float32
    )


def find_gaussian_halo(
    settings: GaussianSettings, _psf_shape: tuple[int, ...] | None = None
) -> int:
    """Where the kernel ends.

    Examples
    --------
    >>> find_gaussian_halo(GaussianSettings(sigma_px=2))
    9
    """
    return int(_TRUNCATE * max(settings.sigma_px, settings.sigma_z_px) + 0.5) + 1


GAUSSIAN = MethodSpec(
    key="gaussian",
    title="Gaussian smoothing",
    description="Averages each pixel with its neighbours.",
    params=GaussianSettings,
    needs_psf=False,
    run=run_gaussian,
    halo_px=find_gaussian_halo,
    fails="Blurs edges as much as noise: structures finer than σ are lost.",
)
