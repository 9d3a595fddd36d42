"""Blur by the point spread function of a microscope."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.simulation.degradation.context import Context, forget_z
from napari_fidelity.simulation.degradation.spatial_convolution import SpatialPsf
from napari_fidelity.simulation.degradation.step import Box, Step
from napari_fidelity.simulation.psf import (
    MeasuredPsf,
    PsfSettings,
    PsfSource,
    compute_psf,
    parse_psf,
)


class PsfBlur(Step):
    """Convolution with a PSF, computed from the optics or measured; borders are mirrored."""

    needs_scale: ClassVar[bool] = True

    kind: Literal["psf"] = "psf"
    psf: PsfSource = Field(
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

    @field_validator("psf", mode="before")
    @classmethod
    def _parse_psf(cls, value: Any) -> PsfSource:  # Any: from files and forms
        return parse_psf(value)

    def apply(self, image: Image, context: Context) -> Image:
        """`image` blurred.

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
        planes = dict(zip(whole.axes, whole.shape, strict=True)).get("Z", 1)
        volume = self.spatial == "volume" or (self.spatial == "auto" and planes > 1)
        frame = whole if volume else forget_z(whole)
        return SpatialPsf(compute_psf(self.psf, spatial_scale_um(frame)), whole)
