"""Bleaching: light is lost from frame to frame."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step


class Bleaching(Step):
    """Light above black times ``(1 - loss) ** frame``, counted from the first of the original."""

    kind: Literal["bleaching"] = "bleaching"
    loss_percent: Amount = Field(
        2.0,
        ge=0,
        lt=100,
        title="Loss per frame (%)",
        description="Share of the light that is lost from one frame to the next",
    )
    axis: Literal["T", "Z"] = Field(
        "T",
        title="Along",
        description="T: from time point to time point; Z: from plane to plane of a stack",
    )

    def apply(self, image: Image, context: Context) -> Image:
        """`image` with later frames darker; an image without the axis is its first frame."""
        if self.axis not in image.axes:
            context.note(f"There is no {self.axis} axis: nothing bleaches.")
            return image
        place = image.axes.index(self.axis)
        kept = 1 - number(self.loss_percent) / 100
        black = np.float32(context.levels.black)

        def fade(block: Floats, origin: tuple[int, ...]) -> Floats:
            frames = np.arange(origin[place], origin[place] + block.shape[place])
            light = (kept ** frames.astype(np.float64)).astype(np.float32)
            light = light.reshape([-1 if axis == place else 1 for axis in range(block.ndim)])
            return np.asarray(black + (block - black) * light)

        return context.map_blocks(image, fade)
