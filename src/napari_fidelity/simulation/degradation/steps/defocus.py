"""Defocus: each plane as seen from a distance of the focus."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, plane_sizes_um
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step
from napari_fidelity.simulation.degradation.steps.psf_blur import convolve_spatial_axes, reach_of
from napari_fidelity.simulation.psf.compute import Psf, compute_psf
from napari_fidelity.simulation.psf.settings import PsfSettings, PsfSource, parse_psf


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
        """`image`, plane by plane, out of focus."""
        psf = self.compute(context.whole)
        for warning in psf.warnings:
            context.note(warning)
        return convolve_spatial_axes(image, psf, context)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """Half the PSF."""
        return reach_of(self.compute(whole), whole)

    def compute(self, whole: Image) -> Psf:
        """The PSF of a plane with the pixel size of `whole`."""
        distance = number(self.defocus_um)
        return compute_psf(self.psf, plane_sizes_um(whole), defocus_um=distance)
