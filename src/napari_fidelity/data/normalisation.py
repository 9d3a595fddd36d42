"""How intensities are brought to the range in which networks work: the settings."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_fidelity.core.params import Params


class Normalisation(Params):
    """How intensities are brought to the range that a network was trained on."""

    kind: Literal["percentile", "mean-sd", "none"] = Field(
        "percentile",
        description="percentile: the low one becomes 0, the high one 1; mean-sd: mean 0, "
        "standard deviation 1; none: as they are",
    )
    low: float = Field(1.0, ge=0, le=100, description="Lower percentile")
    high: float = Field(99.8, ge=0, le=100, description="Upper percentile")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"the lower percentile {self.low:g} is not below {self.high:g}")
        return self
