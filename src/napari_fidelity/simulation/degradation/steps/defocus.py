"""Defocus: each plane as seen from a distance of the focus."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, plane_sizes_um
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.spatial_convolution import SpatialPsf
from napari_fidelity.simulation.degradation.step import Box, Step
from napari_fidelity.simulation.psf import (
    MeasuredPsf,
    PsfSettings,
    PsfSource,
    compute_psf,
    parse_psf,
)


class Defocus(Step):
    """Convolution of each plane with the slice of the PSF at a distance from the focus."""

    needs_scale: ClassVar[bool] = True

    kind: Literal["defocus"] = "defocus"
    defocus_um: Amount = Field(
        1.0,
        ge=-100,
        le=100,
        title="Defocus (µm)",
        description="Distance of the plane from the focus, along the optical axis",
    )
    psf: PsfSource = Field(
        default_factory=PsfSettings,
        title="PSF",
        description="Optics that it is computed from, or where it was measured",
    )

    @field_validator("psf", mode="before")
    @classmethod
    def _parse_psf(cls, value: Any) -> PsfSource:  # Any: from files and forms
        return parse_psf(value)

    def apply(self, image: Image, context: Context) -> Image:
        """`image`, plane by plane, out of focus.

        Raises
        ------
        UserError
            A measured PSF is larger than the image, or the pixel size is not known.
        """
        place = self._place(context.whole)
        if isinstance(self.psf, MeasuredPsf):
            place.check_fits()
        return place.convolve(image, context)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """Half the PSF."""
        return self._place(whole).reach_px

    def source_box(self, box: Box, whole: Image) -> Box:
        """A box with half the PSF around it, as large as the PSF at least."""
        return self._place(whole).source_box(box)

    def _place(self, whole: Image) -> SpatialPsf:
        sizes = plane_sizes_um(whole)
        psf = compute_psf(self.psf, sizes, defocus_um=number(self.defocus_um))
        return SpatialPsf(psf, whole)
