"""How the metrics are to be computed: one frozen record beside every number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from napari_fidelity.core.params import Params
from napari_fidelity.metrics.masks import MARGIN_PX

Density = Literal["kde", "published", "histogram"]
Border = Literal["valid", "zero"]
Sharpness = Literal["energy", "absolute"]
Normalization = Literal["range", "mean", "euclidean", "sd"]
DataRange = Annotated[float, Field(gt=0)] | Literal["reference", "dtype"]


class MeasureSettings(Params):
    """Settings of `measure`; the defaults are the project's, others reproduce what was published.

    Examples
    --------
    >>> MeasureSettings(density="published", border="zero").margin_px
    5
    """

    margin_px: int = Field(
        MARGIN_PX,
        ge=0,
        le=1000,
        title="Margin (px)",
        description="Background starts this far from the mask, because blur leaks past it.",
    )
    density: Density = Field(
        "kde",
        title="Background density",
        description="How NFM estimates densities; 'published' samples a comb on 8-bit images.",
    )
    border: Border = Field(
        "valid",
        title="Border",
        description="Where BFM filters: only where its kernel fits, or padded with zeros.",
    )
    data_range: DataRange = Field(
        "reference",
        title="Data range",
        description="Range for SSIM and PSNR: the reference's, the full scale of its type, "
        "or a number.",
    )
    normalization: Normalization = Field(
        "range",
        title="NRMSE over",
        description="What NRMSE divides by: the reference's range, mean, root mean square or SD.",
    )
    spatial_ndim: Literal[2, 3] = Field(
        2,
        title="SSIM window",
        description="2 compares YX planes one by one, 3 uses a window across Z as well.",
    )
