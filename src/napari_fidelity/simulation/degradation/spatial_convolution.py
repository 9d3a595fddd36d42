"""A PSF put on the spatial axes of an image or of a part of it."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, Floats, spread_over_axes
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
    """

    def __init__(self, psf: Psf, whole: Image) -> None:
        self.psf, self.whole = psf, whole
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

    def convolve(self, image: Image, context: Context) -> Image:
        """`image` convolved along YX or ZYX, other axes looped over, its borders mirrored.

        Stacks with fewer planes than the PSF are mirrored on until they suffice.

        Raises
        ------
        UserError
            A plane is smaller than the PSF.
        """
        for warning in self.psf.warnings:
            context.note(warning)
        axes = "ZYX"[-self.psf.array.ndim :]
        order = [*(letter for letter in image.axes if letter not in axes), *axes]
        places = [image.axes.index(letter) for letter in order]
        moved = np.transpose(np.asarray(image.array, np.float32), places)
        margin = self._missing_planes(moved.shape) if "Z" in axes else 0
        if margin:
            context.note("The stack has fewer planes than the PSF: it is mirrored at its ends.")
            moved = _mirror_planes(moved, margin)
        blurred = convolve_with_psf(moved, self.psf.array, progress=context.tile_progress)
        if margin:
            blurred = blurred[..., margin:-margin, :, :]
        return image.with_array(np.transpose(blurred, np.argsort(places)))

    def _missing_planes(self, shape: tuple[int, ...]) -> int:
        side = self.psf.array.shape[0]
        return side // 2 if shape[-3] < side else 0


def _mirror_planes(array: Floats, margin: int) -> Floats:
    """`array` (…, Z, Y, X) with `margin` planes more at either end."""
    ends = [(0, 0)] * (array.ndim - 3)
    return np.pad(array, [*ends, (margin, margin), (0, 0), (0, 0)], mode="symmetric")
