"""Restoration by a trained model: the settings. What is done with them needs PyTorch."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from napari_fidelity.inference.settings import Precision
from napari_fidelity.restoration.spec import RestorationSettings

MODEL: Final = "model"


class LearnedSettings(RestorationSettings):
    """Settings of a trained model."""

    kind: Literal["model"] = MODEL
    model: str = Field(
        "",
        title="Model",
        description="Key of a model for restoration, its folder, or that of a training run",
    )
    flips: Literal["none", "mirrored", "all"] = Field(
        "none",
        title="Flips",
        description="Average over orientations: 4 mirrored ones, or all 8 with quarter turns; as "
        "many times slower",
    )
    uncertainty: bool = Field(
        False,
        title="Uncertainty",
        description="Give the standard deviation of every pixel instead of the restored image",
    )
    precision: Precision = Field(
        "auto",
        title="Precision",
        description="auto: 16 bits where the hardware has them and a probe shows that they "
        "suffice, else float32",
    )
    scaling: tuple[tuple[float, float], ...] | None = Field(
        None,
        title="Scaling",
        description="Intensities that the model sees as 0 and 1, one pair or one a channel; "
        "default: measured on the whole image",
    )
