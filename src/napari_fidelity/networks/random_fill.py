"""Random fill: every foreground pixel drawn on its own from pooled foreground intensities."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor

from napari_fidelity.core.params import Params
from napari_fidelity.networks.spec import LocalNetwork


class RandomFillParams(Params):
    """Settings of `RandomFill`."""

    quantiles: int = Field(257, ge=2, description="Entries of the table of foreground intensities")


class RandomFill(LocalNetwork):
    """The baseline of Feng et al. (ICIP 2019): independent draws inside the mask, 0 outside.

    Input channels: foreground, boundary (unused), standard normal noise. The noise is turned
    into a uniform by its distribution function and looked up in the table of quantiles.
    """

    size_multiple = 1
    receptive_field_px = 0
    in_channels = 3
    out_channels = 1

    table: Tensor

    def __init__(self, params: RandomFillParams) -> None:
        super().__init__()
        self.params = params
        self.register_buffer("table", torch.linspace(0.0, 2.0, params.quantiles))

    def forward(self, inputs: Tensor) -> Tensor:
        """Signal (batch, 1, Y, X) of mean 1 inside the mask for inputs (batch, 3, Y, X)."""
        foreground, noise = inputs[:, :1], inputs[:, 2:3]
        place = torch.special.ndtr(noise) * (len(self.table) - 1)
        below = place.floor().clamp(0, len(self.table) - 2)
        low, high = self.table[below.long()], self.table[below.long() + 1]
        return foreground * torch.lerp(low, high, place - below)
