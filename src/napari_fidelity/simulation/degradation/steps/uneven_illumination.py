"""Uneven illumination: light that falls off towards the border, to a side, or in patches."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.core.random import uniform
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.interval import Amount, number
from napari_fidelity.simulation.degradation.step import Step

Doubles = npt.NDArray[np.float64]


class UnevenIllumination(Step):
    """Light above black times a field between ``1 - strength`` and 1, the same in every plane.

    `vignette` falls with the square of the distance from the centre and is darkest in the
    corner that is farthest, `gradient` falls linearly along a direction, `patches` are smooth
    random blotches keyed by coordinate.
    """

    kind: Literal["uneven-illumination"] = "uneven-illumination"
    shape: Literal["vignette", "gradient", "patches"] = Field(
        "vignette", title="Shape", description="Towards the border, to a side, or random patches"
    )
    strength: Amount = Field(
        0.5,
        ge=0,
        le=1,
        title="Strength",
        description="Share of the light that is lost where it is darkest",
    )
    centre_x: Amount = Field(
        0.5,
        ge=0,
        le=1,
        title="Centre x",
        description="Of a vignette, as a share of the width",
    )
    centre_y: Amount = Field(
        0.5,
        ge=0,
        le=1,
        title="Centre y",
        description="Of a vignette, as a share of the height",
    )
    angle_deg: Amount = Field(
        0.0,
        ge=-360,
        le=360,
        title="Angle (°)",
        description="Direction into which a gradient falls: 0 to the right, 90 downwards",
    )
    patch_px: Amount = Field(
        64.0, ge=4, le=4096, title="Patch (px)", description="Distance between patches"
    )
    field: tuple[int, int, int, int] | None = Field(
        None,
        title="Field",
        description="First row, first column, height and width of the lit field in pixels of "
        "the original; default: the whole image",
    )

    def settle(self, context: Context) -> Self:
        """The step with its field stated, so that a crop is lit like its place in the whole."""
        if self.field is not None:
            return self
        whole = context.whole
        field = tuple(int(each) for each in (*whole.origin[-2:], *whole.shape[-2:]))
        return self.model_copy(update={"field": field})

    def apply(self, image: Image, context: Context) -> Image:
        """`image` under the light."""
        settled = self.settle(context)
        light = settled.make_field(image, context)
        black = np.float32(context.levels.black)
        corner = image.origin[-2:]

        def shine(block: Floats, origin: tuple[int, ...]) -> Floats:
            y, x = (o - first for o, first in zip(origin[-2:], corner, strict=True))
            part = light[y : y + block.shape[-2], x : x + block.shape[-1]]
            return black + (block - black) * part

        return context.map_blocks(image, shine)

    def make_field(self, image: Image, context: Context) -> Floats:
        """The share of the light at each pixel (Y, X) of `image`."""
        top, left, height, width = self.field or (0, 0, *image.shape[-2:])
        y, x = (
            np.arange(first, first + size, dtype=np.float64)
            for first, size in zip(image.origin[-2:], image.shape[-2:], strict=True)
        )
        strength = number(self.strength)
        if self.shape == "patches":
            seed, stream = context.seed, context.stream("patches")
            loss = _interpolate_lattice(y, x, number(self.patch_px), seed, stream)
        else:
            rows, columns = (y - top)[:, None], (x - left)[None, :]
            loss = self._fall(rows, columns, max(height - 1, 1), max(width - 1, 1))
        return np.asarray(1 - strength * np.clip(loss, 0, 1), np.float32)

    def _fall(self, rows: Doubles, columns: Doubles, height: int, width: int) -> Doubles:
        """The loss, from 0 to 1 within the field."""
        if self.shape == "vignette":
            y, x = number(self.centre_y) * height, number(self.centre_x) * width
            farthest = max(y, height - y) ** 2 + max(x, width - x) ** 2
            return np.asarray(((rows - y) ** 2 + (columns - x) ** 2) / farthest)
        angle = np.deg2rad(number(self.angle_deg))
        down, right = np.sin(angle), np.cos(angle)
        along = down * (rows - height / 2) + right * (columns - width / 2)
        return np.asarray(along / (abs(down) * height + abs(right) * width) + 0.5)


def _interpolate_lattice(y: Doubles, x: Doubles, step_px: float, seed: int, stream: int) -> Doubles:
    """Keyed uniforms on a lattice of `step_px`, joined smoothly (cosine weights)."""
    places = [y / step_px, x / step_px]
    first = [int(np.floor(place[0])) for place in places]
    last = [int(np.floor(place[-1])) + 1 for place in places]
    sides = [end - start + 1 for start, end in zip(first, last, strict=True)]
    nodes = uniform(sides, seed=seed, stream=stream, origin=first).astype(np.float64)
    for axis, (place, start) in enumerate(zip(places, first, strict=True)):
        index = np.floor(place).astype(int) - start
        weight = (1 - np.cos(np.pi * (place - np.floor(place)))) / 2
        weight = weight.reshape(-1, 1) if axis == 0 else weight
        nodes = (1 - weight) * nodes.take(index, axis) + weight * nodes.take(index + 1, axis)
    return nodes
