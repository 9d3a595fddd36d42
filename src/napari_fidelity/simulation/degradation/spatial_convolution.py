"""A PSF put on the spatial axes of an image or of a part of it."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.simulation.degradation.context import Context, spread_over_axes
from napari_fidelity.simulation.degradation.step import Box
from napari_fidelity.simulation.psf import Psf, convolve_with_psf


class SpatialPsf:
    """A PSF of YX or ZYX on images with the frame of `whole`.

    Parameters
    ----------
    psf : Psf
        On the pixels of the image.
    whole : Image
        Frame of the whole image; its pixels are not read.
    must_fit : bool
        Whether images smaller than the PSF are refused rather than mirrored on.
    """

    def __init__(self, psf: Psf, whole: Image, *, must_fit: bool = False) -> None:
        self.psf, self.whole, self.must_fit = psf, whole, must_fit
        letters = "ZYX"[-psf.array.ndim :]
        sides = dict(zip(letters, psf.array.shape, strict=True))
        self._sides = spread_over_axes(whole, **sides)

    @property
    def reach_px(self) -> tuple[int, ...]:
        """Half the PSF along each axis."""
        return tuple(side // 2 for side in self._sides)

    def source_box(self, box: Box) -> Box:
        """What must be known for a box of the result: as large as the PSF where there is room."""
        found = []
        for part, side, size in zip(box, self._sides, self.whole.shape, strict=True):
            start, stop = max(part.start - side // 2, 0), min(part.stop + side // 2, size)
            start = min(start, max(stop - side, 0))
            found.append(slice(start, min(max(stop, start + side), size)))
        return tuple(found)

    def _check_fits(self) -> None:
        sides, sizes = self.psf.array.shape[-2:], self.whole.shape[-2:]
        if sides[0] > sizes[0] or sides[1] > sizes[1]:
            raise UserError(
                f"The measured PSF has {spell_shape(sides)} pixels, the image only "
                f"{spell_shape(sizes)}: crop the PSF or take a larger image."
            )

    def convolve(self, image: Image, context: Context) -> Image:
        """`image` convolved along YX or ZYX, other axes looped over, its borders mirrored.

        An image with fewer planes or pixels than the PSF is mirrored on until they suffice.

        Raises
        ------
        UserError
            Planes are smaller than a PSF that must fit; the sentence names both sizes.
        """
        if self.must_fit:
            self._check_fits()
        for warning in self.psf.warnings:
            context.note(warning)
        ndim = self.psf.array.ndim
        axes = "ZYX"[-ndim:]
        order = [*(letter for letter in image.axes if letter not in axes), *axes]
        places = [image.axes.index(letter) for letter in order]
        moved = np.transpose(np.asarray(image.array, np.float32), places)
        sizes = moved.shape[-ndim:]
        margins = [
            side // 2 if size < side else 0
            for size, side in zip(sizes, self.psf.array.shape, strict=True)
        ]
        if any(margins):
            context.note(
                f"The PSF of {spell_shape(self.psf.array.shape)} pixels is larger than the image "
                f"of {spell_shape(sizes)}: the image is mirrored on at its borders."
            )
            ends = [(0, 0)] * (moved.ndim - ndim) + [(margin, margin) for margin in margins]
            moved = np.pad(moved, ends, mode="symmetric")
        blurred = convolve_with_psf(moved, self.psf.array, progress=context.tile_progress)
        leading = [slice(None)] * (moved.ndim - ndim)
        inner = [slice(m, m + size) for m, size in zip(margins, sizes, strict=True)]
        cut = blurred[(*leading, *inner)]
        return image.with_array(np.transpose(cut, np.argsort(places)))
