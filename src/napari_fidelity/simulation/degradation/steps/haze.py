"""Haze: light of other depths, far out of focus."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import (
    Context,
    plane_sizes_um,
    spread_over_axes,
)
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step
from napari_fidelity.simulation.psf import blur_widely


class Haze(Step):
    """Light above black becomes ``(light + amount · wide blur of it) / (1 + amount)``.

    Without `keep_mean` it is not divided, and the mean light grows by the amount.
    """

    needs_scale: ClassVar[bool] = True

    kind: Literal["haze"] = "haze"
    amount: Amount = Field(
        0.5,
        ge=0,
        le=100,
        title="Amount",
        description="Light out of focus for each unit of light in focus, on average",
    )
    width_um: Amount = Field(
        5.0,
        gt=0,
        le=1000,
        title="Width (µm)",
        description="Standard deviation of its blur, nearly Gaussian",
    )
    keep_mean: bool = Field(
        True,
        title="Keep the mean",
        description="As a shorter exposure does; else the haze is added to the image",
    )

    def apply(self, image: Image, context: Context) -> Image:
        """`image` with haze, plane by plane; borders are mirrored."""
        black, amount = np.float32(context.levels.black), number(self.amount)
        sizes = plane_sizes_um(context.whole)
        share = np.float32(1 / (1 + amount) if self.keep_mean else 1)
        result = np.empty(image.shape, np.float32)
        planes = list(np.ndindex(image.shape[:-2]))
        for done, index in enumerate(planes):
            context.tell(done, len(planes))
            light = np.asarray(image.array[index], np.float32) - black
            wide = blur_widely(light, number(self.width_um), sizes)
            result[index] = black + share * (light + np.float32(amount) * wide)
        return image.with_array(result)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """Three standard deviations, where the blur ends."""
        sizes = plane_sizes_um(whole)
        y, x = (3 * (int(number(self.width_um) / size) + 2) for size in sizes)
        return spread_over_axes(whole, Y=y, X=x)
