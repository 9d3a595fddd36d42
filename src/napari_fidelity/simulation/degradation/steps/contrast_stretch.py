"""Contrast stretch: the darkest pixels become 0, the brightest the end of the range."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step


class ContrastStretch(Step):
    """``(level - low) / (high - low) · top``, clipped to 0…top; prepares the clean image."""

    prepares: ClassVar[bool] = True

    kind: Literal["contrast-stretch"] = "contrast-stretch"
    dark_percent: Amount = Field(
        0.1,
        ge=0,
        lt=100,
        title="Dark pixels (%)",
        description="Share of the pixels of the whole image that become 0",
    )
    bright_percent: Amount = Field(
        0.1,
        ge=0,
        lt=100,
        title="Bright pixels (%)",
        description="Share of the pixels of the whole image that reach the end of the range",
    )
    low_level: float | None = Field(
        None,
        title="Dark level",
        description="Grey level that becomes 0; default: measured on the whole image",
    )
    high_level: float | None = Field(
        None,
        title="Bright level",
        description="Grey level that reaches the end; default: measured on the whole image",
    )
    top: float | None = Field(
        None,
        gt=0,
        title="End of the range",
        description="Largest level of the result; default: 255 or 65535 for images of 8 or 16 "
        "bits, 1 for floats",
    )

    def settle(self, context: Context) -> Self:
        """The step with its levels stated.

        Raises
        ------
        UserError
            The levels leave no range to stretch, as those of a constant image.
        """
        levels = context.levels
        low, high, top = self.low_level, self.high_level, self.top
        if low is None:
            low = levels.percentile(number(self.dark_percent))
        if high is None:
            high = levels.percentile(100 - number(self.bright_percent))
        if not high > low:
            raise UserError(
                f"The dark level {low:g} is not below the bright level {high:g}: an image "
                "without contrast cannot be stretched."
            )
        if top is None:
            dtype = levels.whole.dtype
            top = float(np.iinfo(dtype).max) if dtype.kind in "iu" else 1.0
        return self.model_copy(update={"low_level": low, "high_level": high, "top": top})

    def apply(self, image: Image, context: Context) -> Image:
        """`image` stretched and clipped."""
        slope, shift, top = self._map(self.settle(context))

        def stretch(block: Floats, origin: tuple[int, ...]) -> Floats:  # noqa: ARG001
            stretched = block * np.float32(slope) + np.float32(shift)
            return np.asarray(np.clip(stretched, 0, np.float32(top)))

        return context.map_blocks(image, stretch)

    def levels_after(self, levels: GreyLevels) -> GreyLevels:
        """Black is 0, the range ends at the top."""
        slope, shift, top = self._map(self)
        stretched = levels.rescale(slope, shift, top=top)
        return stretched.with_black(max(stretched.black, 0.0))

    @staticmethod
    def _map(settled: ContrastStretch) -> tuple[float, float, float]:
        low, high, top = settled.low_level, settled.high_level, settled.top
        if low is None or high is None or top is None:
            raise ValueError("the levels are stated by `settle`")
        slope = top / (high - low)
        return slope, -low * slope, top
