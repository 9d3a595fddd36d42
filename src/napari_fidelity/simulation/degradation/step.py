"""What every step of a degradation can be asked."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.simulation.degradation.context import Context
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.interval import Interval, draw_amount

Box = tuple[slice, ...]  # one slice per axis, with start and stop


class Step(Params):
    """A degradation: settings, each a number or an interval to draw it from, and what it does.

    A step is added with a class in a file of its own and a line in the catalog. It gives
    `kind` a single value and implements `apply`; the rest has defaults for a step that changes
    each pixel from itself alone.
    """

    prepares: ClassVar[bool] = False  # it makes the target as well: it comes before the others
    needs_scale: ClassVar[bool] = False  # lengths are stated in micrometers

    kind: str

    def draw(self, seed: int, index: int) -> Self:
        """The step with a number for each of its intervals."""
        drawn = {
            name: draw_amount(value, seed=seed, index=index, field=name)
            for name in type(self).model_fields
            if isinstance(value := getattr(self, name), Interval)
        }
        return self.model_copy(update=drawn)

    def settle(self, context: Context) -> Self:  # noqa: ARG002  # a default
        """The step with everything stated that it would measure on the whole image."""
        return self

    @abstractmethod
    def apply(self, image: Image, context: Context) -> Image:
        """`image` degraded: float32 pixels in its grey levels, on a frame that is true.

        Parameters
        ----------
        image : Image
            Pixels of float32, the whole image or a part that knows its origin.
        context : Context
            Seed, place in the pipeline, frame and grey levels of the whole image.
        """

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """How far around a pixel the step looks, along each axis."""
        return (0,) * len(whole.axes)

    def levels_after(self, levels: GreyLevels) -> GreyLevels:
        """What grey levels mean after the step."""
        return levels

    def frame_after(self, whole: Image) -> Image:
        """The frame of the whole image after the step; its pixels are not read."""
        return whole

    def map_box(self, box: Box, whole: Image) -> Box:  # noqa: ARG002  # a default
        """The box of the result that a box of `whole` becomes."""
        return box

    def source_box(self, box: Box, whole: Image) -> Box:
        """The box of `whole` that must be known for a box of the result."""
        reaches = self.reach_px(whole)
        return tuple(
            slice(max(part.start - reach, 0), min(part.stop + reach, size))
            for part, reach, size in zip(box, reaches, whole.shape, strict=True)
        )
