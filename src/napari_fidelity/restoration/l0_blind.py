"""Blind deblurring with L0-sparse gradients: blur and image are both found from the image."""

from __future__ import annotations

from typing import Any, Literal

import numpy.typing as npt
from pydantic import Field, field_validator

from napari_fidelity.core.progress import Progress
from napari_fidelity.restoration.kernel_text import parse_kernel, spell_kernel
from napari_fidelity.restoration.spec import Floats, MethodSpec, RestorationSettings, Settled


class L0BlindSettings(RestorationSettings):
    """Settings of L0-regularised blind deblurring."""

    kind: Literal["l0-blind"] = "l0-blind"
    kernel_px: int = Field(
        25,
        ge=3,
        le=151,
        title="Blur, at most (px)",
        description="Side of a square that holds the blur; a little larger than it is best",
    )
    sparsity: float = Field(
        0.016,
        gt=0,
        le=1,
        title="Sparsity",
        description="Weight of the number of edges while the blur is looked for; more for noise",
    )
    kernel_smoothness: float = Field(
        0.03,
        gt=0,
        le=10,
        title="Smoothness of the blur",
        description="Weight of the blur's squared values, relative to the energy of the edges",
    )
    rounds: int = Field(
        5,
        ge=1,
        le=50,
        title="Rounds",
        description="How often image and blur are found in turn at each size",
    )
    smoothing: float = Field(
        0.002,
        gt=0,
        le=1,
        title="Smoothing",
        description="Weight of the total variation in the last step; more for noisier images",
    )
    kernel: str = Field(
        "",
        title="Known blur",
        description="A blur found before, rows of numbers divided by semicolons; default: found "
        "from the image",
    )

    @field_validator("kernel")
    @classmethod
    def _read_kernel(cls, text: str) -> str:
        if text.strip():
            parse_kernel(text)
        return text.strip()


def run_l0_blind(
    array: Floats,
    settings: L0BlindSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Floats:
    """A plane with a blur undone that nobody knew.

    Xu, Zheng and Jia, "Unnatural L0 sparse representation for natural image deblurring" (2013);
    made for the shake of a camera: one blur everywhere, sharp edges, little noise. The steps
    are those of `estimate_kernel` and `deconvolve_sparsely`.

    Parameters
    ----------
    array : ndarray
        Plane (Y, X), float32, in any unit, which is kept.
    settings : L0BlindSettings
        Size of the blur and weights; or the blur itself.
    psf
        Not used.
    progress : Progress, optional
        Called for every round.

    Returns
    -------
    ndarray
        float32; a copy where the plane is constant.

    Raises
    ------
    UserError
        The blur's square is larger than the plane.
    """
    return deblur_blindly(array, settings, progress or Progress())[0]


def deblur_blindly(
    array: Floats, settings: L0BlindSettings, progress: Progress
) -> tuple[Floats, Floats]:
    """The plane of `run_l0_blind`, and the blur: odd sides, sum 1, centred."""
    # tensors are heavy to load: only a run needs them
    from napari_fidelity.restoration.l0_kernel import estimate_kernel
    from napari_fidelity.restoration.sparse_deconvolution import deconvolve_sparsely

    if settings.kernel:
        kernel = parse_kernel(settings.kernel)
    else:
        kernel = estimate_kernel(array, settings, progress)
    return deconvolve_sparsely(array, kernel, settings.smoothing), kernel


def settle_l0_blind(
    sample: Floats,
    settings: L0BlindSettings,
    *,
    psf: npt.NDArray[Any] | None = None,  # noqa: ARG001  # Any: real numbers; methods share it
    progress: Progress | None = None,
) -> Settled:
    """The settings with the blur of a representative plane in place of "found from the image"."""
    from napari_fidelity.restoration.l0_kernel import estimate_kernel

    if settings.kernel:
        return Settled(settings, {"blur_from": "stated"})
    plane = sample if sample.ndim == 2 else sample[sample.shape[0] // 2]
    text = spell_kernel(estimate_kernel(plane, settings, progress or Progress()))
    return Settled(
        settings.model_copy(update={"kernel": text}), {"blur": text, "blur_from": "estimated"}
    )


def find_l0_halo(
    settings: L0BlindSettings, _psf_shape: tuple[int, ...] | None = None
) -> int | None:
    """Twice the blur once it is known; to find it takes the whole."""
    if not settings.kernel:
        return None
    height, width = parse_kernel(settings.kernel).shape
    return 16 + 2 * int(max(height, width))


L0_BLIND = MethodSpec(
    key="l0-blind",
    title="L0 blind deblurring",
    description="Finds an unknown motion-like blur from the edges of the image and undoes it.",
    params=L0BlindSettings,
    needs_psf=False,
    run=run_l0_blind,
    halo_px=find_l0_halo,
    fails="Made for motion blur of sharp, bright edges: on noisy or defocused images it takes "
    "noise for edges and finds a wrong blur.",
    settle=settle_l0_blind,
    volumes=False,
)
