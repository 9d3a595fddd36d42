"""Where and how networks are run: settings of the machine, not of a result."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_fidelity.core.params import Params

Precision = Literal["auto", "float32", "bfloat16", "float16"]


class ComputeSettings(Params):
    """Device, precision, threads and memory that networks may use.

    No part of a recipe, except what an operation resolves and stores: the precision and the
    tile side that were taken.
    """

    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?|mps|xpu(:\d+)?)$",
        examples=["auto", "cpu", "cuda:0"],
        title="Device",
        description="auto: the first GPU, else the processor",
    )
    precision: Precision = Field(
        "auto",
        title="Precision",
        description="auto: 16 bits where the hardware has them and a probe stays within 0.2 % "
        "of the range, else float32",
    )
    threads: int = Field(
        0, ge=0, le=1024, title="Threads", description="0: every core the process may use"
    )
    memory_limit_gb: float | None = Field(
        None,
        gt=0,
        title="Memory limit",
        description="Working memory in GB; default: 60 % of what is free",
    )
    tile_px: int | None = Field(
        None,
        ge=32,
        le=8192,
        title="Tile side",
        description="Largest side of a tile in pixels; default: chosen for the network and device",
    )
