"""Gaussian noise of a random standard deviation and amplitude."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.core.random import normal
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step


class GaussianNoise(Step):
    """``level + amplitude · N(0, sd²)``: mean unchanged, variance (amplitude · sd)².

    The standard deviation is a percentage of the range from black to the bright level of the
    image, so that one pipeline suits images of every type.
    """

    kind: Literal["gaussian-noise"] = "gaussian-noise"
    sd_percent: Amount = Field(
        5.0,
        ge=0,
        le=1000,
        title="SD (%)",
        description="Standard deviation, as a percentage of the range from black to bright",
    )
    amplitude: Amount = Field(
        1.0, ge=0, le=1000, title="Amplitude", description="The noise is multiplied by it"
    )
    range_levels: float | None = Field(
        None,
        ge=0,
        title="Range",
        description="Grey levels from black to bright; default: up to the 99.9 % level of the "
        "whole image",
    )

    def settle(self, context: Context) -> Self:
        """The step with its range stated."""
        if self.range_levels is not None:
            return self
        levels = context.levels
        return self.model_copy(update={"range_levels": max(levels.bright - levels.black, 0.0)})

    def apply(self, image: Image, context: Context) -> Image:
        """`image` with noise."""
        settled = self.settle(context)
        share = number(self.amplitude) * number(self.sd_percent) / 100
        sd = np.float32(share * (settled.range_levels or 0.0))
        if sd == 0 and share > 0:
            context.note("The image has no range from black to bright: no Gaussian noise.")
        seed, stream = context.seed, context.stream("gaussian")

        def add(block: Floats, origin: tuple[int, ...]) -> Floats:
            return block + sd * normal(block.shape, seed=seed, stream=stream, origin=origin)

        return context.map_blocks(image, add)
