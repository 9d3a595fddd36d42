"""What a prediction is to be: scaling, flips, repetitions, kind of output."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from napari_fidelity.core.params import Params
from napari_fidelity.data.normalisation import Normalisation


class PredictOptions(Params):
    """Settings of `Predictor`."""

    normalisation: Normalisation = Field(Normalisation(), description="Scaling of intensities")
    flips: Literal["none", "mirrored", "all"] = Field(
        "none",
        description="Average over orientations of Y and X: 4 mirrored ones, or all 8 with "
        "quarter turns; their spread counts as uncertainty",
    )
    times: int = Field(1, ge=1, le=20, description="How often the network is applied in a row")
    output: Literal["mean", "mean-scale"] = Field(
        "mean",
        description="mean: every output is an image; mean-scale: the second half of the outputs "
        "is the uncertainty of the first",
    )
    scale: Literal["standard-deviation", "laplace"] = Field(
        "laplace",
        description="What the second half is: a standard deviation, or the b of a Laplace "
        "distribution, whose standard deviation is √2 b",
    )
    statistics_gigapixels: float = Field(
        4.0,
        ge=0,
        description="Networks with instance norms on planes too large for memory: statistics are "
        "exact while passes times pixels of a plane stay within this, else approximate",
    )
    restore_units: bool = Field(
        True, description="Undo the scaling: the result has the source's units"
    )
    restore_dtype: bool = Field(
        False,
        description="Round and clip the mean to the source's type; needs the source's units",
    )

    @model_validator(mode="after")
    def _check_dtype(self) -> Self:
        if self.restore_dtype and not self.restore_units:
            raise ValueError("the source's type needs the source's units")
        return self
