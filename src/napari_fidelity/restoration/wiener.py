"""The Wiener filter with a smoothness prior: the fastest deconvolution, in one step."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.below_zero import note_below_zero
from napari_fidelity.restoration.kernel import prepare_kernel
from napari_fidelity.restoration.spec import Floats, MethodSpec, RestorationSettings, Settled


class WienerSettings(RestorationSettings):
    """Settings of the Wiener filter."""

    kind: Literal["wiener"] = "wiener"
    balance: float = Field(
        0.01,
        gt=0,
        le=1e6,
        title="Balance",
        description="Smoothness against sharpness: more for noisier images",
    )
    clip: bool = Field(
        True, title="Clip at zero", description="Set what would be below zero to zero"
    )


def run_wiener(
    array: Floats,
    settings: WienerSettings,
    *,
    psf: npt.NDArray[Any] | None,  # Any: real numbers
    progress: Progress,
) -> Floats:
    """A plane or volume with its blur undone by the Wiener–Hunt filter.

    ``X = conj(H) Y / (|H|² + balance · |L|²)`` with the transfer functions H of the PSF and L
    of the Laplacian (Hunt 1971; Orieux, Giovannelli and Rodet 2010); equal to
    `skimage.restoration.wiener` away from the borders, where the image is continued by its
    mirror image instead of by its other end.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X) or volume (Z, Y, X), float32, in any unit, which is kept.
    settings : WienerSettings
        The balance.
    psf : ndarray
        As many axes.
    progress : Progress
        Called once.

    Raises
    ------
    UserError
        No PSF, or one that does not fit the image.
    """
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.restoration.wiener_filter import filter_block

    kernel = prepare_kernel(psf, array.shape)
    progress(0, 1, "Wiener filter")
    restored = filter_block(array, kernel, settings.balance)
    if settings.clip:
        np.maximum(restored, 0, out=restored)
    return restored


def settle_wiener(
    sample: Floats,
    settings: WienerSettings,
    *,
    psf: npt.NDArray[Any] | None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress,  # noqa: ARG001
) -> Settled:
    """The settings, with a note where clipping takes away what the image has below zero."""
    return Settled(settings, notes=note_clipped(sample, clip=settings.clip))


def note_clipped(sample: Floats, *, clip: bool) -> tuple[str, ...]:
    """A sentence where the filter sets much of an image to zero."""
    deed = "the filter sets them to zero, unless “Clip at zero” is off"
    return note_below_zero(sample, deed) if clip else ()


def find_wiener_halo(
    settings: Any,  # Any: those of the two Wiener filters
    psf_shape: tuple[int, ...] | None,
) -> tuple[int, ...]:
    """The width of the PSF and somewhat more: enough where the PSF fades smoothly."""
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.restoration.wiener_filter import find_reach

    return find_reach(psf_shape or (), settings.balance or 1.0)


def measure_wiener_halo(
    settings: Any,  # Any: as above
    psf: Floats,
) -> tuple[int, ...] | None:
    """How far the filter of this PSF is reached: tiles agree to 1e-4 of the range for most PSFs.

    None, so that the whole is filtered at once, where the transfer function has zeros that the
    balance does not cover: those of motion and strong defocus.
    """
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.restoration.wiener_filter import SPARE_PX, measure_reach

    kernel = prepare_kernel(psf, tuple(side + 1 for side in psf.shape))
    reach = measure_reach(kernel, settings.balance or 1.0)
    return None if reach is None else tuple(side + SPARE_PX for side in reach)


WIENER = MethodSpec(
    key="wiener",
    title="Wiener filter",
    description="Undoes a known blur in one step, with a penalty on roughness.",
    params=WienerSettings,
    needs_psf=True,
    run=run_wiener,
    halo_px=find_wiener_halo,
    measure_halo=measure_wiener_halo,
    settle=settle_wiener,
    fails="Rings around bright objects and leaves noise as a grain; it does not know that light "
    "cannot be negative.",
)
