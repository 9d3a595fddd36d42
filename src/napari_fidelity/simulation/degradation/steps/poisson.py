"""Photon budget: few photons are counted, so their number varies."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Self

import numpy as np
from pydantic import Field

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.random import poisson
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step

TOLD_SHARE = 0.001  # of the pixels, from which darkness below black is worth a sentence
MOST_PHOTONS = 1e9  # beyond, float32 pixels no longer hold every count


class Poisson(Step):
    """Poisson noise of a budget of photons, shown in the grey levels of the image.

    A pixel at the bright level of the clean image detects `photons` on average, one at black
    none, and in between in proportion: ``λ = k · (level - black) + background`` with
    ``k = photons / (bright - black)``. The result is ``black + Poisson(λ) / k``: its mean is
    the level (plus background / k), its variance ``λ / k²``. Pixels darker than black count as
    black.
    """

    kind: Literal["poisson"] = "poisson"
    photons: Amount = Field(
        100.0,
        gt=0,
        le=MOST_PHOTONS,
        title="Photons",
        description="Detected on average by a pixel at the bright level of the clean image",
    )
    background_photons: Amount = Field(
        0.0,
        ge=0,
        le=1e6,
        title="Background photons",
        description="Photons of stray light that every pixel detects on average",
    )
    level: float | None = Field(
        None,
        title="Bright level",
        description="Grey level at which the photons are counted; default: the 99.9 % level of "
        "the whole image",
    )

    def settle(self, context: Context) -> Self:
        """The step with its bright level stated."""
        if self.level is not None:
            return self
        return self.model_copy(update={"level": context.levels.bright})

    def apply(self, image: Image, context: Context) -> Image:
        """`image` as its photons are counted.

        Raises
        ------
        UserError
            The stated level is not above black.
        """
        settled, black = self.settle(context), context.levels.black
        rate = settled.photons_per_level(black)
        if rate is None:
            context.note(f"No pixel is brighter than black ({black:g}): there are no photons.")
            rate = 1.0
        background = number(self.background_photons)
        seed, stream = context.seed, context.stream("photons")

        dark: list[int] = []

        def count(block: Floats, origin: tuple[int, ...]) -> Floats:
            dark.append(int(np.count_nonzero(block < black)))
            light = np.maximum(block.astype(np.float64) - black, 0) * rate + background
            counts = poisson(light, seed=seed, stream=stream, origin=origin)
            return np.asarray(black + counts / rate, np.float32)

        counted = context.map_blocks(image, count)
        share = sum(dark) / max(image.array.size, 1)
        if share >= TOLD_SHARE:
            context.note(f"{share:.1%} of the pixels are darker than black ({black:g}): no light.")
        return counted

    def levels_after(self, levels: GreyLevels) -> GreyLevels:
        """A level is so many photons."""
        rate = self.photons_per_level(levels.black)
        return replace(levels, photons_per_level=1.0 if rate is None else rate)

    def photons_per_level(self, black: float) -> float | None:
        """Photons that raise a pixel by one grey level; None where the bright level is black."""
        level = black if self.level is None else self.level
        if level < black:
            raise UserError(
                f"The bright level {level:g} is below the black level {black:g}: photons are "
                "counted above black."
            )
        return number(self.photons) / (level - black) if level > black else None
