"""Local minimum: removes the grain of the recording from a clean image."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation.context import Context, spread_over_axes
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step


class LocalMinimum(Step):
    """The minimum of each pixel's neighbourhood, or a gate by it; prepares the clean image.

    `erode` puts the minimum in the place of the pixel, which thins structures. `gate` leaves
    the pixel and puts black where the minimum is under a level. Neighbourhoods are those of
    Fiji's rank filters: 5 pixels for a radius of 0.5, 9 for 1, 21 for 2.
    """

    prepares: ClassVar[bool] = True

    kind: Literal["local-minimum"] = "local-minimum"
    mode: Literal["erode", "gate"] = Field(
        "gate",
        title="Mode",
        description="erode: each pixel takes the minimum around it; gate: pixels with a minimum "
        "under the level become black",
    )
    radius_px: Amount = Field(
        1.0, ge=0.5, le=10, title="Radius (px)", description="Of the neighbourhood"
    )
    gate_percent: Amount = Field(
        5.0,
        ge=0,
        le=100,
        title="Gate (%)",
        description="Level of the gate between black and the bright level of the image",
    )
    gate_level: float | None = Field(
        None, title="Gate level", description="As a grey level; default: from its percentage"
    )

    def settle(self, context: Context) -> Self:
        """The step with the level of its gate stated."""
        if self.gate_level is not None or self.mode == "erode":
            return self
        levels = context.levels
        share = number(self.gate_percent) / 100
        level = levels.black + share * (levels.bright - levels.black)
        return self.model_copy(update={"gate_level": level})

    def apply(self, image: Image, context: Context) -> Image:
        """`image`, plane by plane, under the filter; borders are mirrored."""
        settled = self.settle(context)
        footprint = make_neighbourhood(number(settled.radius_px))
        result = np.empty(image.shape, np.float32)
        planes = list(np.ndindex(image.shape[:-2]))
        for done, index in enumerate(planes):
            context.tell(done, len(planes))
            plane = np.asarray(image.array[index], np.float32)
            lowest = ndimage.minimum_filter(plane, footprint=footprint, mode="reflect")
            if settled.mode == "gate":
                lowest = np.where(lowest < settled.gate_level, context.levels.black, plane)
            result[index] = lowest
        return image.with_array(result)

    def reach_px(self, whole: Image) -> tuple[int, ...]:
        """The radius of the neighbourhood."""
        side = make_neighbourhood(number(self.radius_px)).shape[0] // 2
        return spread_over_axes(whole, Y=side, X=side)


def make_neighbourhood(radius_px: float) -> npt.NDArray[np.bool_]:
    """The disc of pixels that Fiji's rank filters take for a radius.

    Examples
    --------
    >>> make_neighbourhood(0.5).astype(int).tolist()
    [[0, 1, 0], [1, 1, 1], [0, 1, 0]]
    >>> [int(make_neighbourhood(radius).sum()) for radius in (1, 2, 3)]
    [9, 21, 37]
    """
    # ImageJ RankFilters.makeLineRadii: two radii are moved so that each kernel is a new one
    if 1.5 <= radius_px < 1.75:
        radius_px = 1.75
    elif 2.5 <= radius_px < 2.85:
        radius_px = 2.85
    square = int(radius_px**2) + 1
    side = int(np.sqrt(square + 1e-10))
    rows, columns = np.ogrid[-side : side + 1, -side : side + 1]
    return np.asarray(rows**2 + columns**2 <= square)
