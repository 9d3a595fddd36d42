"""Settings of an estimation from an image."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from napari_fidelity.core.params import Params


class EstimateParams(Params):
    """How an image is read, and what is known of its camera already."""

    stack: Literal["auto", "time", "planes"] = Field(
        "auto",
        title="Stack",
        description="time: frames of one field that follow each other, compared with each other; "
        "planes: each plane on its own; auto: time where there is an axis T",
    )
    channel: int | None = Field(
        None, ge=0, title="Channel", description="Which channel of several, counted from 0"
    )
    offset: float | None = Field(
        None,
        title="Known offset",
        description="Grey level without light where it is known; default: estimated",
    )
    saturation: float | None = Field(
        None,
        title="Saturation",
        description="Grey level from which on pixels are left out; default: found in the image",
    )
    pixel_size_um: float | None = Field(
        None,
        gt=0,
        title="Pixel size (µm)",
        description="For the blur width in µm; default: that of the image",
    )
