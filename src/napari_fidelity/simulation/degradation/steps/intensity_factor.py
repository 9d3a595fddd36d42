"""Random intensity factor: under- and over-exposure, clipped to the camera's range."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step


class IntensityFactor(Step):
    """``black + factor · (level - black)``, clipped to the range of the camera.

    Signal and noise are scaled together: without the clipping nothing would be left of it
    after normalisation. Exposure proper is the photon budget.
    """

    kind: Literal["intensity-factor"] = "intensity-factor"
    factor: Amount = Field(
        1.0,
        gt=0,
        le=1000,
        title="Factor",
        description="Under 1: under-exposed, above 1: over-exposed",
    )
    clip: bool = Field(
        True, title="Clip", description="End at 0 and at the end of the camera's range"
    )
    limit: float | None = Field(
        None,
        gt=0,
        title="End of the range",
        description="Largest grey level; default: that of the smallest camera (8, 10, 12, 14 or "
        "16 bits) that holds the whole image, for floats the image's largest level",
    )

    def settle(self, context: Context) -> Self:
        """The step with the end of the range stated."""
        if self.limit is not None or not self.clip:
            return self
        limit = context.levels.limit
        return self.model_copy(update={"limit": limit if limit > 0 else None})

    def apply(self, image: Image, context: Context) -> Image:
        """`image` brighter or darker."""
        settled, black = self.settle(context), np.float32(context.levels.black)
        factor, limit = np.float32(number(self.factor)), settled.limit

        def scale(block: Floats, origin: tuple[int, ...]) -> Floats:  # noqa: ARG001
            levels = black + factor * (block - black)
            return np.clip(levels, 0, limit) if settled.clip else levels

        return context.map_blocks(image, scale)

    def levels_after(self, levels: GreyLevels) -> GreyLevels:
        """Light is scaled about black; the range ends where it is clipped."""
        factor = number(self.factor)
        top = self.limit if self.clip else levels.top
        return levels.rescale(factor, levels.black * (1 - factor), top=top)
