"""Total-variation denoising: the flattest image near the given one."""

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


class TotalVariationSettings(DenoiserSettings):
    """Settings of total-variation denoising."""

    kind: Literal["total-variation"] = "total-variation"
    iterations: int = Field(
        100,
        ge=1,
        le=1000,
        title="Iterations",
        description="Steps of the solver; more for greater strength",
    )


def run_total_variation(
    array: Floats,
    settings: TotalVariationSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane or volume u that minimises ``½ Σ (u - I)² + strength · σ · Σ |∇u|``.

    Rudin, Osher and Fatemi (1992), solved by scikit-image's `denoise_tv_chambolle` (Chambolle
    2004) with a fixed number of steps, so that tiles agree. The mean is kept.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X) or volume (Z, Y, X), float32.
    settings : TotalVariationSettings
        Strength in units of the noise's standard deviation σ, steps.
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
    >>> bool(run_total_variation(flat, TotalVariationSettings(strength=2)).std() < 0.3)
    True
    """
    from skimage.restoration import denoise_tv_chambolle  # slow to import

    (progress or Progress())(0, 1, "Total variation")
    noise_sd = find_noise_sd(array, settings)
    if noise_sd == 0:
        return array.copy()
    level = array.mean(dtype=np.float64)
    scaled = ((array - level) / noise_sd).astype(np.float32)
    found = denoise_tv_chambolle(  # type: ignore[no-untyped-call]  # skimage publishes no types
        scaled, weight=settings.strength, eps=0.0, max_num_iter=settings.iterations
    )
    return np.asarray(found * noise_sd + level, np.float32)


def find_variation_halo(
    settings: TotalVariationSettings, _psf_shape: tuple[int, ...] | None = None
) -> int:
    """One pixel a step in theory; what comes from farther than this was measured below 1e-3 σ.

    Examples
    --------
    >>> find_variation_halo(TotalVariationSettings())
    48
    """
    return min(settings.iterations, 32 + round(16 * settings.strength))


TOTAL_VARIATION = MethodSpec(
    key="total-variation",
    title="Total variation",
    description="Flattens noise between edges, which stay sharp.",
    params=TotalVariationSettings,
    needs_psf=False,
    run=run_total_variation,
    halo_px=find_variation_halo,
    fails="Turns slopes into stairs and faint texture into flat patches, and lowers the contrast "
    "of small bright objects.",
    settle=settle_noise_sd,
)
