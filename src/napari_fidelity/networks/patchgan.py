"""PatchGAN: a discriminator that judges overlapping patches, not whole images."""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from napari_fidelity.core.params import Params


class PatchGanParams(Params):
    """Settings of `PatchGan`."""

    in_channels: int = Field(3, ge=1, description="Planes of the condition and of the image")
    width: int = Field(32, ge=4, description="Filters of the first layer")
    strided_layers: int = Field(2, ge=1, le=4, description="4×4 convolutions of stride 2")


class PatchGan(nn.Module):
    """Convolutional discriminator (Isola 2017) with instance norm.

    Two strided layers see patches of 34 × 34 px, three see 70 × 70 as published.
    Input (batch, in_channels, Y, X); output (batch, 1, Y', X'), one verdict a patch.
    """

    def __init__(self, params: PatchGanParams) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels, width = params.in_channels, params.width
        for number, stride in enumerate((2,) * params.strided_layers + (1,)):
            layers.append(nn.Conv2d(channels, width, 4, stride, 1))
            if number > 0:
                layers.append(nn.InstanceNorm2d(width))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            channels, width = width, min(2 * width, 8 * params.width)
        layers.append(nn.Conv2d(channels, 1, 4, 1, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: Tensor) -> Tensor:
        """One verdict for each patch: near 1 real, near 0 made up."""
        result: Tensor = self.layers(inputs)
        return result
