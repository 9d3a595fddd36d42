"""Blur by the point spread function of a microscope."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.simulation.degradation.context import forget_z
from napari_fidelity.simulation.degradation.psf_step import ParsedPsf, PsfStep
from napari_fidelity.simulation.degradation.spatial_convolution import SpatialPsf
from napari_fidelity.simulation.psf import MeasuredPsf, PsfSettings, compute_psf


class PsfBlur(PsfStep):
    """Convolution with a PSF, computed from the optics or measured; borders are mirrored."""

    kind: Literal["psf"] = "psf"
    psf: ParsedPsf = Field(
        default_factory=PsfSettings,
        title="PSF",
        description="Optics that it is computed from, or where it was measured",
    )
    spatial: Literal["auto", "plane", "volume"] = Field(
        "auto",
        title="Convolve",
        description="plane: each plane in focus; volume: stacks in three dimensions; auto: a "
        "volume where there are several planes",
    )

    def place(self, whole: Image) -> SpatialPsf:
        """The PSF on planes, or on volumes."""
        planes = dict(zip(whole.axes, whole.shape, strict=True)).get("Z", 1)
        volume = self.spatial == "volume" or (self.spatial == "auto" and planes > 1)
        frame = whole if volume else forget_z(whole)
        psf = compute_psf(self.psf, spatial_scale_um(frame))
        return SpatialPsf(psf, whole, must_fit=isinstance(self.psf, MeasuredPsf))
