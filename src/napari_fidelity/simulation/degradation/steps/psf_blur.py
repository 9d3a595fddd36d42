"""Blur by the point spread function of a microscope."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.simulation.degradation.context import Context, forget_z, spread_over_axes
from napari_fidelity.simulation.degradation.step import Step
from napari_fidelity.simulation.psf.compute import Psf, compute_psf
from napari_fidelity.simulation.psf.settings import PsfSettings, PsfSource, parse_psf


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
        """`image` blurred."""
        psf = self.compute(context.whole)
        for warning in psf.warnings:
            context.note(warning)
        return convolve_spatial_axes(image, psf, context)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """Half the PSF."""
        return reach_of(self.compute(whole), whole)

    def compute(self, whole: Image) -> Psf:
        """The PSF on the pixels of an image with the frame of `whole`."""
        volume = self.spatial == "volume" or (
            self.spatial == "auto"
            and dict(zip(whole.axes, whole.shape, strict=True)).get("Z", 1) > 1
        )
        return compute_psf(self.psf, spatial_scale_um(whole if volume else forget_z(whole)))


def convolve_spatial_axes(image: Image, psf: Psf, context: Context) -> Image:
    """`image` convolved along YX, or ZYX, as the PSF has axes; the others are looped over."""
    # Fourier transforms may be those of PyTorch, which is heavy to load
    from napari_fidelity.simulation.psf.convolution import convolve_with_psf

    axes = ("Z" if psf.array.ndim == 3 else "") + "YX"
    order = [*(letter for letter in image.axes if letter not in axes), *axes]
    places = [image.axes.index(letter) for letter in order]
    moved = np.transpose(np.asarray(image.array, np.float32), places)
    blurred = convolve_with_psf(moved, psf.array, progress=context.progress)
    return image.with_array(np.transpose(blurred, np.argsort(places)))


def reach_of(psf: Psf, whole: Image) -> tuple[int, ...]:
    """Half the PSF along each axis."""
    sides = dict(zip("ZYX"[-psf.array.ndim :], psf.array.shape, strict=True))
    return spread_over_axes(whole, **{letter: side // 2 for letter, side in sides.items()})
