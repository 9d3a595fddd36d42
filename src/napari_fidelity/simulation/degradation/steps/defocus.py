"""Defocus: each plane as seen from a distance of the focus."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import plane_sizes_um
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.psf_step import ParsedPsf, PsfStep
from napari_fidelity.simulation.degradation.spatial_convolution import SpatialPsf
from napari_fidelity.simulation.psf import MeasuredPsf, PsfSettings, compute_psf


class Defocus(PsfStep):
    """Convolution of each plane with the slice of the PSF at a distance from the focus."""

    kind: Literal["defocus"] = "defocus"
    defocus_um: Amount = Field(
        1.0,
        ge=-100,
        le=100,
        title="Defocus (µm)",
        description="Distance of the plane from the focus, along the optical axis",
    )
    psf: ParsedPsf = Field(
        default_factory=PsfSettings,
        title="PSF",
        description="Optics that it is computed from, or where it was measured",
    )

    def place(self, whole: Image) -> SpatialPsf:
        """The slice of the PSF on planes."""
        sizes = plane_sizes_um(whole)
        psf = compute_psf(self.psf, sizes, defocus_um=number(self.defocus_um))
        return SpatialPsf(psf, whole, must_fit=isinstance(self.psf, MeasuredPsf))
