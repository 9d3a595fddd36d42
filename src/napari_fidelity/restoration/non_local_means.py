"""Non-local means: pixels are averaged with others whose surroundings look alike."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.noise_level import (
    DenoiserSettings,
    find_noise_sd,
    settle_noise_sd,
)
from napari_fidelity.restoration.spec import Floats, MethodSpec


class NonLocalMeansSettings(DenoiserSettings):
    """Settings of non-local means."""

    kind: Literal["non-local-means"] = "non-local-means"
    patch_px: int = Field(
        5, ge=1, le=31, title="Patch (px)", description="Side of the surroundings that are compared"
    )
    search_px: int = Field(
        8, ge=1, le=50, title="Search (px)", description="How far away look-alikes are looked for"
    )


def run_non_local_means(
    array: Floats,
    settings: NonLocalMeansSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane or volume in which each pixel is the mean of pixels with similar surroundings.

    Buades, Coll and Morel (2005), scikit-image's fast form (Darbon 2008): weights
    ``exp(-max(d² - 2σ², 0) / h²)`` with d² the mean squared difference of two patches, σ the
    noise's standard deviation and ``h = strength · σ``.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X) or volume (Z, Y, X), float32.
    settings : NonLocalMeansSettings
        Patch, search, noise.
    psf
        Not used.
    progress : Progress, optional
        Called once.

    Returns
    -------
    ndarray
        float32; a copy where there is no noise.

    Examples
    --------
    >>> flat = np.random.default_rng(0).normal(0, 1, (32, 32)).astype(np.float32)
    >>> bool(run_non_local_means(flat, NonLocalMeansSettings()).std() < 0.3)
    True
    """
    from skimage.restoration import denoise_nl_means  # slow to import

    (progress or Progress())(0, 1, "Non-local means")
    noise_sd = find_noise_sd(array, settings)
    if noise_sd == 0:
        return array.copy()
    # In units of the noise, and around its mean: running sums of squares lose digits elsewhere.
    level = float(array.mean(dtype=np.float64))
    scaled = (array.astype(np.float64) - level) / noise_sd
    found = denoise_nl_means(
        scaled,
        patch_size=settings.patch_px,
        patch_distance=settings.search_px,
        h=settings.strength,
        sigma=1.0,
        fast_mode=True,
    )
    return np.asarray(found * noise_sd + level, np.float32)


def find_non_local_halo(
    settings: NonLocalMeansSettings, _psf_shape: tuple[int, ...] | None = None
) -> int:
    """The farthest look-alike with its patch.

    Examples
    --------
    >>> find_non_local_halo(NonLocalMeansSettings(patch_px=5, search_px=8))
    12
    """
    return settings.search_px + settings.patch_px // 2 + 2


NON_LOCAL_MEANS = MethodSpec(
    key="non-local-means",
    title="Non-local means",
    description="Averages pixels whose surroundings look alike.",
    params=NonLocalMeansSettings,
    needs_psf=False,
    run=run_non_local_means,
    halo_px=find_non_local_halo,
    fails="Takes noise that neighbours share, such as stripes or interpolated noise, for "
    "structure and keeps it.",
    settle=settle_noise_sd,
)
