"""What the steps that blur by a point spread function have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context
from napari_fidelity.simulation.degradation.spatial_convolution import SpatialPsf
from napari_fidelity.simulation.degradation.step import Box, Step
from napari_fidelity.simulation.psf import PsfSource, parse_psf


def _parse(value: Any) -> PsfSource:  # Any: from files and forms
    return parse_psf(value)


ParsedPsf = Annotated[PsfSource, BeforeValidator(_parse)]


class PsfStep(Step):
    """A convolution; a step gives the PSF on the pixels of an image."""

    needs_scale: ClassVar[bool] = True

    @abstractmethod
    def place(self, whole: Image) -> SpatialPsf:
        """The PSF on the pixels of `whole`."""

    def apply(self, image: Image, context: Context) -> Image:
        """`image` blurred.

        Raises
        ------
        UserError
            A measured PSF is larger than the image, or the pixel size is not known.
        """
        return self.place(context.whole).convolve(image, context)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """Half the PSF."""
        return self.place(whole).reach_px

    def source_box(self, box: Box, whole: Image) -> Box:
        """A box with half the PSF around it, as large as the PSF at least."""
        return self.place(whole).source_box(box)
