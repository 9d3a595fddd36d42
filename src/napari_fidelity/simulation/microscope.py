"""A microscope: sharp planes at their depths in, one noisy image out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.params import Params
from napari_fidelity.simulation.noise import Camera, expose
from napari_fidelity.simulation.psf import Floats, GaussianPsf, blur_widely, blur_with_psf


class Microscope(Params):
    """Optics and camera."""

    psf: GaussianPsf = Field(
        GaussianPsf(), title="Point spread function", description="Width of a point in the image."
    )
    haze: float = Field(
        0.15,
        ge=0,
        le=0.9,
        title="Haze",
        description="Share of the light that arrives from far out of focus.",
    )
    haze_sigma_um: float = Field(
        2.5,
        gt=0,
        le=100,
        title="Width of the haze (µm)",
        description="Standard deviation of the blur of far out-of-focus light.",
    )
    camera: Camera = Field(Camera(), title="Camera", description="Photons, gain and noise.")


def image_layers(
    layers: Iterable[tuple[float, Floats]],
    microscope: Microscope,
    scale_um: Sequence[float],
    *,
    seed: int,
) -> npt.NDArray[np.uint16]:
    """Grey levels of the sum of sharp `layers`, each ``(defocus_um, array)`` of equal shape.

    Every layer is blurred at its own defocus, the share `haze` of the sum is blurred widely,
    and the camera adds its noise. A stack (ZYX) is one layer at defocus 0.
    """
    total = sum(
        blur_with_psf(array, microscope.psf, scale_um, defocus_um=depth_um)
        for depth_um, array in layers
    )
    signal = np.maximum(np.asarray(total, np.float32), 0)
    if microscope.haze:
        wide = blur_widely(signal, microscope.haze_sigma_um, scale_um)
        signal = (1 - microscope.haze) * signal + microscope.haze * wide
    return expose(np.maximum(signal, 0), microscope.camera, seed=seed)
