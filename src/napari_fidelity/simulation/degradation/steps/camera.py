"""Camera: electrons become whole grey levels, each pixel of the sensor in its own way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.random import normal, uniform
from napari_fidelity.simulation.degradation.context import Context, Floats
from napari_fidelity.simulation.degradation.grey_levels import GreyLevels
from napari_fidelity.simulation.degradation.interval import Amount, Interval, number
from napari_fidelity.simulation.degradation.step import Step

OFFSET_MAP, GAIN_MAP, READ_MAP, HOT_MAP = 9301, 9302, 9303, 9304


class Camera(Step):
    """``round(offset + gain · (electrons + read_noise · N(0, 1)))``, clipped to 0…2^bits - 1.

    Electrons are the photons that a photon budget before has counted; without one, each grey
    level above black is an electron. Away from the clipping the mean is
    ``offset + gain · electrons`` and the variance adds ``gain² · read_noise² + 1/12``
    (EMVA 1288, linear model). The result is in the grey levels of the camera.

    The pixels of an sCMOS sensor differ: offset and gain vary normally, the read noise
    log-normally around its median, a share of the pixels is hot. These maps belong to the
    sensor: they are keyed by its seed and by row and column, the same in every frame and run.
    """

    kind: Literal["camera"] = "camera"
    offset: Amount = Field(
        100.0, ge=0, le=65000, title="Offset", description="Grey level of a dark pixel"
    )
    gain: Amount = Field(0.5, gt=0, le=10000, title="Gain", description="Grey levels per electron")
    read_noise: Amount = Field(
        1.6, ge=0, le=10000, title="Read noise (e⁻)", description="Standard deviation, electrons"
    )
    bits: int = Field(
        16, ge=1, le=16, title="Bits", description="Brighter pixels saturate at 2^bits - 1"
    )
    offset_spread: Amount = Field(
        0.0,
        ge=0,
        le=10000,
        title="Offset spread",
        description="SD of the offset from pixel to pixel of the sensor, grey levels",
    )
    gain_spread_percent: Amount = Field(
        0.0,
        ge=0,
        le=100,
        title="Gain spread (%)",
        description="SD of the gain from pixel to pixel of the sensor",
    )
    read_noise_spread: Amount = Field(
        0.0,
        ge=0,
        le=3,
        title="Read noise spread",
        description="SD of the logarithm of the read noise from pixel to pixel of the sensor",
    )
    hot_percent: Amount = Field(
        0.0,
        ge=0,
        le=100,
        title="Hot pixels (%)",
        description="Share of the pixels of the sensor that are hot",
    )
    hot_electrons: Amount = Field(
        200.0,
        ge=0,
        le=1e6,
        title="Hot electrons (e⁻)",
        description="Electrons that a hot pixel adds to every exposure",
    )
    sensor_seed: int = Field(
        0, ge=0, lt=2**63, title="Sensor", description="Same number: the same sensor"
    )

    @model_validator(mode="after")
    def _check_offset(self) -> Self:
        highest = self.offset.high if isinstance(self.offset, Interval) else self.offset
        if highest >= 2**self.bits - 1:
            raise UserError(
                f"A camera of {self.bits} bits ends at {2**self.bits - 1}: an offset of "
                f"{highest:g} saturates everything; lower the offset or choose more bits."
            )
        return self

    def apply(self, image: Image, context: Context) -> Image:
        """`image` as the camera records it: whole numbers, as float32."""
        levels = context.levels
        black, rate = levels.black, levels.photons_per_level
        maps = self.make_maps(image)
        corner = image.origin[-2:]
        seed, stream = context.seed, context.stream("read")
        top = 2**self.bits - 1

        def record(block: Floats, origin: tuple[int, ...]) -> Floats:
            y, x = (o - first for o, first in zip(origin[-2:], corner, strict=True))
            at = (slice(y, y + block.shape[-2]), slice(x, x + block.shape[-1]))
            electrons = (block.astype(np.float64) - black) * rate + _at(maps.hot, at)
            read = normal(block.shape, seed=seed, stream=stream, origin=origin)
            electrons += _at(maps.read_noise, at) * read
            recorded = np.rint(_at(maps.offset, at) + _at(maps.gain, at) * electrons)
            return np.clip(recorded, 0, top).astype(np.float32)

        return context.map_blocks(image, record)

    def make_maps(self, image: Image) -> SensorMaps:
        """Offset, gain, read noise and hot electrons of the pixels under `image`."""

        def draw(stream: int) -> Floats:
            place = image.origin[-2:]
            return normal(image.shape[-2:], seed=self.sensor_seed, stream=stream, origin=place)

        offset: Any = number(self.offset)  # Any: a number, or one for each pixel
        gain: Any = number(self.gain)
        read: Any = number(self.read_noise)
        hot: Any = 0.0
        if spread := number(self.offset_spread):
            offset = offset + spread * draw(OFFSET_MAP)
        if spread := number(self.gain_spread_percent):
            gain = gain * np.maximum(1 + spread / 100 * draw(GAIN_MAP), 0)
        if spread := number(self.read_noise_spread):
            read = read * np.exp(spread * draw(READ_MAP))
        if share := number(self.hot_percent):
            place = image.origin[-2:]
            draws = uniform(image.shape[-2:], seed=self.sensor_seed, stream=HOT_MAP, origin=place)
            hot = np.where(draws < share / 100, number(self.hot_electrons), 0.0)
        return SensorMaps(*(np.asarray(values) for values in (offset, gain, read, hot)))

    def levels_after(self, levels: GreyLevels) -> GreyLevels:
        """Black is the offset, a level is 1 / gain electrons, the range ends with the bits."""
        gain = number(self.gain)
        slope = gain * levels.photons_per_level
        shift = number(self.offset) - slope * levels.black
        return replace(
            levels.rescale(slope, shift, top=2.0**self.bits - 1), photons_per_level=1 / gain
        )


@dataclass(frozen=True, eq=False)
class SensorMaps:
    """What differs from pixel to pixel of a sensor: numbers, or arrays (Y, X)."""

    offset: npt.NDArray[np.float64]
    gain: npt.NDArray[np.float64]
    read_noise: npt.NDArray[np.float64]
    hot: npt.NDArray[np.float64]


def _at(values: npt.NDArray[np.float64], box: tuple[slice, slice]) -> npt.NDArray[np.float64]:
    return values[box] if values.ndim else values
