"""The Wiener filter that finds its own balance between smoothness and sharpness."""

from __future__ import annotations

from typing import Any, Literal

import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.kernel import prepare_kernel
from napari_fidelity.restoration.spec import Floats, MethodSpec, RestorationSettings, Settled
from napari_fidelity.restoration.wiener import (
    WienerSettings,
    find_wiener_halo,
    measure_wiener_halo,
    note_clipped,
    run_wiener,
)


class UnsupervisedWienerSettings(RestorationSettings):
    """Settings of the unsupervised Wiener filter."""

    kind: Literal["unsupervised-wiener"] = "unsupervised-wiener"
    balance: float | None = Field(
        None,
        gt=0,
        title="Balance",
        description="Smoothness against sharpness; default: found from the image",
    )
    clip: bool = Field(
        True, title="Clip at zero", description="Set what would be below zero to zero"
    )


def run_unsupervised_wiener(
    array: Floats,
    settings: UnsupervisedWienerSettings,
    *,
    psf: npt.NDArray[Any] | None,  # Any: real numbers
    progress: Progress,
) -> Floats:
    """A plane or volume filtered with the balance that its noise and its roughness ask for.

    The balance is the ratio of the two precisions in the model of Orieux, Giovannelli and Rodet
    (2010), of white noise and a rough prior; `skimage.restoration.unsupervised_wiener` samples
    the same model for planes.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X) or volume (Z, Y, X), float32, in any unit, which is kept.
    settings : UnsupervisedWienerSettings
        The balance if it is known already.
    psf : ndarray
        As many axes.
    progress : Progress
        Called for every trial of the search.

    Raises
    ------
    UserError
        No PSF, or one that does not fit the image.
    """
    if settings.balance is None:
        settled = settle_unsupervised_wiener(array, settings, psf=psf, progress=progress)
        settings = settled.settings  # type: ignore[assignment]  # the method's own class
    plain = WienerSettings(balance=settings.balance or 1.0, clip=settings.clip)
    return run_wiener(array, plain, psf=psf, progress=progress)


def settle_unsupervised_wiener(
    sample: Floats,
    settings: UnsupervisedWienerSettings,
    *,
    psf: npt.NDArray[Any] | None,  # Any: real numbers
    progress: Progress,
) -> Settled:
    """Settings with the balance found on a representative part, or on the whole."""
    kernel = prepare_kernel(psf, sample.shape)
    notes = note_clipped(sample, clip=settings.clip)
    if settings.balance is not None:
        return Settled(settings, {"balance": settings.balance}, notes=notes)
    # SciPy's transforms are needed by a run alone
    from napari_fidelity.restoration.wiener_balance import find_balance

    balance = find_balance(sample, kernel, progress)
    settled = settings.model_copy(update={"balance": balance})
    return Settled(settled, {"balance": balance}, notes=notes)


UNSUPERVISED_WIENER = MethodSpec(
    key="unsupervised-wiener",
    title="Unsupervised Wiener filter",
    description="Undoes a known blur in one step and finds its penalty on roughness by itself.",
    params=UnsupervisedWienerSettings,
    needs_psf=True,
    run=run_unsupervised_wiener,
    halo_px=find_wiener_halo,
    measure_halo=measure_wiener_halo,
    fails="Takes noise that depends on brightness, and images that are mostly empty, for a "
    "smoother specimen than there is.",
    settle=settle_unsupervised_wiener,
)
