"""Axial subsampling: a stack with fewer planes."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

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


class AxialSubsampling(Step):
    """Every n-th plane of a stack, beginning with the first.

    The z step grows n times. The planes between can be filled again, for pairs of equal shape.
    """

    kind: Literal["axial-subsampling"] = "axial-subsampling"
    factor: int = Field(
        4, ge=1, le=64, title="Factor", description="Planes from one that is kept to the next"
    )
    fill: Literal["none", "repeat", "linear"] = Field(
        "none",
        title="Planes between",
        description="none: left out, the z step grows; repeat: the last kept plane again; "
        "linear: between the kept planes",
    )

    def apply(self, image: Image, context: Context) -> Image:
        """The planes kept, or the stack with the others filled from them."""
        if "Z" not in image.axes:
            context.note("There is no Z axis: no planes are left out.")
            return image
        place = image.axes.index("Z")
        if self.fill == "none":
            kept = image.array.take(np.arange(0, image.shape[place], self.factor), place)
            factors = self._factors(image)
            return resample_frame(image, kept, factors, (0.0,) * len(factors))
        return image.with_array(self._fill(image, context, place))

    def _fill(self, image: Image, context: Context, place: int) -> Floats:
        first, last = context.start_of(image)[place], context.whole.shape[place] - 1
        planes = np.arange(first, first + image.shape[place])
        below = planes // self.factor * self.factor
        above = np.where(below + self.factor > last, below, below + self.factor)
        weights = (planes - below) / self.factor if self.fill == "linear" else 0.0 * planes
        weights = weights.reshape([-1 if a == place else 1 for a in range(image.array.ndim)])
        # what lies outside of the part at hand is cut off afterwards
        low, high = (
            image.array.take(np.clip(index - first, 0, image.shape[place] - 1), place)
            for index in (below, above)
        )
        return np.asarray(low * (1 - weights) + high * weights, np.float32)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """The planes between, where they are filled."""
        return spread_over_axes(whole, Z=self.factor if self.fill != "none" else 0)

    def frame_after(self, whole: Image) -> Image:
        """A larger z step, fewer planes."""
        factors = self._factors(whole)
        shape = [-(-size // factor) for size, factor in zip(whole.shape, factors, strict=True)]
        hollow = frame_of(whole, shape).array
        return resample_frame(whole, hollow, factors, (0.0,) * len(factors))

    def map_box(self, box: Box, whole: Image) -> Box:
        """The kept planes that stand for those of the box."""
        return shrink_box(box, self._factors(whole), self.frame_after(whole).shape)

    def source_box(self, box: Box, whole: Image) -> Box:
        """The planes that those of the box stand for."""
        grown = grow_box(box, self._factors(whole), whole.shape)
        return super().source_box(grown, whole)

    def _factors(self, image: Image) -> tuple[int, ...]:
        factor = self.factor if self.fill == "none" else 1
        return tuple(factor if letter == "Z" else 1 for letter in image.axes)
