"""Down-sampling: larger pixels."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import (
    Context,
    Floats,
    frame_of,
    spread_over_axes,
)
from napari_fidelity.simulation.degradation.resampling import (
    grow_box,
    resample_frame,
    shrink_box,
)
from napari_fidelity.simulation.degradation.step import Box, Step


class DownSampling(Step):
    """Squares of n × n pixels in every plane become one, n times as large.

    A remainder of rows and columns at the end is dropped. With `keep_size` each square is
    filled with its one value instead, for pairs of equal shape.
    """

    kind: Literal["down-sampling"] = "down-sampling"
    factor: int = Field(
        2, ge=1, le=64, title="Factor", description="Side of the squares, in pixels"
    )
    method: Literal["mean", "pick"] = Field(
        "mean",
        title="Method",
        description="mean: of the square, as a larger pixel sees it; pick: its first pixel",
    )
    keep_size: bool = Field(
        False, title="Keep size", description="Fill the squares instead of shrinking the image"
    )

    def apply(self, image: Image, context: Context) -> Image:
        """`image` with larger pixels.

        Raises
        ------
        UserError
            The image is smaller than one square.
        """
        self.frame_after(context.whole)
        array = np.asarray(image.array, np.float32)
        if not self.keep_size:
            small = self._shrink(array)
            return resample_frame(image, small, self._factors(image), self._shifts(image))
        *_, top, left = context.start_of(image)
        # squares that begin before the part at hand are cut off afterwards
        return image.with_array(self._fill(array, top, left))

    def _shrink(self, array: Floats) -> Floats:
        n = self.factor
        height, width = (size // n for size in array.shape[-2:])
        squares = array[..., : height * n, : width * n].reshape(
            *array.shape[:-2], height, n, width, n
        )
        if self.method == "pick":
            return np.ascontiguousarray(squares[..., :, 0, :, 0])
        return np.asarray(squares.mean(axis=(-3, -1), dtype=np.float64), np.float32)

    def _fill(self, array: Floats, top: int, left: int) -> Floats:
        values = array.astype(np.float64)
        for axis, first in ((-2, top), (-1, left)):
            squares = (first + np.arange(array.shape[axis])) // self.factor
            starts = np.flatnonzero(np.diff(squares, prepend=-1))
            counts = np.diff(np.append(starts, len(squares)))
            if self.method == "pick":
                values = values.take(starts, axis)
            else:
                shape = (-1, 1) if axis == -2 else (-1,)
                values = np.add.reduceat(values, starts, axis) / counts.reshape(shape)
            values = np.repeat(values, counts, axis)
        return values.astype(np.float32)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """The rest of the square, where it is filled."""
        reach = self.factor - 1 if self.keep_size else 0
        return spread_over_axes(whole, Y=reach, X=reach)

    def frame_after(self, whole: Image) -> Image:
        """Larger pixels whose centres are those of the squares."""
        factors = self._factors(whole)
        shape = [size // factor for size, factor in zip(whole.shape, factors, strict=True)]
        if min(shape) < 1:
            raise UserError(
                f"An image of {whole.shape[-2]}×{whole.shape[-1]} pixels is smaller than one "
                f"square of {self.factor}×{self.factor}: choose a smaller factor."
            )
        return resample_frame(whole, frame_of(whole, shape).array, factors, self._shifts(whole))

    def map_box(self, box: Box, whole: Image) -> Box:
        """The squares that cover the box."""
        return shrink_box(box, self._factors(whole), self.frame_after(whole).shape)

    def source_box(self, box: Box, whole: Image) -> Box:
        """The pixels of the squares."""
        return super().source_box(grow_box(box, self._factors(whole), whole.shape), whole)

    def _factors(self, image: Image) -> tuple[int, ...]:
        factor = 1 if self.keep_size else self.factor
        return tuple(factor if letter in "YX" else 1 for letter in image.axes)

    def _shifts(self, image: Image) -> tuple[float, ...]:
        centre = 0.0 if self.method == "pick" else 0.5
        return tuple(centre * (factor - 1) for factor in self._factors(image))
