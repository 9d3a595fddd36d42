"""BM3D denoising, by the authors' own package where it is installed."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.restoration.noise_level import (
    DenoiserSettings,
    find_noise_sd,
    settle_noise_sd,
)
from napari_fidelity.restoration.spec import Floats, MethodSpec

SMALLEST_PX = 8  # the side of a block


class Bm3dSettings(DenoiserSettings):
    """Settings of BM3D: the noise, and how much of it to remove."""

    kind: Literal["bm3d"] = "bm3d"


def run_bm3d(
    array: Floats,
    settings: Bm3dSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane whose similar blocks were filtered together.

    Dabov, Foi, Katkovnik and Egiazarian (2007), as implemented by Mäkinen, Azzari and Foi (2020)
    in the package `bm3d`, for white noise of standard deviation `strength · σ`.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X), float32, at least 8×8 pixels.
    settings : Bm3dSettings
        Noise and strength.
    psf
        Not used.
    progress : Progress, optional
        Called once.

    Returns
    -------
    ndarray
        float32; a copy where there is no noise, or the plane is constant.

    Raises
    ------
    UserError
        The package `bm3d` is not installed, or the plane is smaller than a block.
    """
    if min(array.shape) < SMALLEST_PX:
        raise UserError(
            f"BM3D compares blocks of {SMALLEST_PX}×{SMALLEST_PX} px, the image has "
            f"{spell_shape(array.shape)}: choose another method."
        )
    filter_plane = _import_bm3d()
    (progress or Progress())(0, 1, "BM3D")
    noise_sd = find_noise_sd(array, settings)
    low = float(array.min())
    span = float(array.max()) - low  # its constants are meant for images from 0 to 1
    if noise_sd == 0 or span == 0:
        return array.copy()
    scaled = (array.astype(np.float64) - low) / span
    found = filter_plane(scaled, settings.strength * noise_sd / span)
    return np.asarray(np.reshape(found, array.shape) * span + low, np.float32)


def _import_bm3d() -> Any:  # Any: the package publishes no types
    try:
        from bm3d import bm3d
    except ImportError:
        raise UserError(
            "BM3D needs the package bm3d, whose licence allows non-commercial use only: "
            "pip install 'napari-fidelity[bm3d]', or choose another method."
        ) from None
    return bm3d


def find_bm3d_halo(
    _settings: Bm3dSettings, _psf_shape: tuple[int, ...] | None = None
) -> int | None:
    """None: its grid of blocks starts at the first pixel, so that tiles would differ."""
    return None


BM3D = MethodSpec(
    key="bm3d",
    title="BM3D",
    description="Filters stacks of similar blocks together; needs the package bm3d "
    "(non-commercial licence).",
    params=Bm3dSettings,
    needs_psf=False,
    run=run_bm3d,
    halo_px=find_bm3d_halo,
    fails="Expects white noise of one strength: keeps correlated noise as texture, and leaves "
    "ghosts of its blocks at very low light.",
    settle=settle_noise_sd,
    volumes=False,
)
