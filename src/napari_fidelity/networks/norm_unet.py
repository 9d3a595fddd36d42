"""The U-Net that most restoration papers use: batch or instance norm, max pooling, 2-D or 3-D."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.networks.spec import LocalNetwork

_CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
_NORMS: dict[str, dict[int, type[nn.Module]]] = {
    "batch": {2: nn.BatchNorm2d, 3: nn.BatchNorm3d},
    "instance": {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d},
}
_POOL = {2: functional.max_pool2d, 3: functional.max_pool3d}


class NormUNetParams(Params):
    """Settings of `NormUNet`."""

    in_channels: int = Field(1, ge=1, description="Channels of the input")
    out_channels: int = Field(1, ge=1, description="Channels of the output")
    widths: tuple[int, ...] = Field(
        (32, 64, 128, 256), min_length=1, description="Filters of each level, finest first"
    )
    norm: Literal["batch", "instance", "none"] = Field(
        "batch", description="Normalisation after every convolution"
    )
    dropout: float = Field(
        0.0, ge=0, lt=1, description="Share of the coarsest level that is dropped in training"
    )
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")


class NormUNet(LocalNetwork):
    """U-Net (Ronneberger 2015; 3-D: Çiçek 2016) with padded convolutions.

    Two 3×3 convolutions, each with norm and ReLU, a level; max pooling; nearest-neighbour
    up-sampling. With batch norm in evaluation mode, or none, a pixel depends on its
    neighbourhood alone; instance norm looks at the whole input.
    Input (batch, in_channels, [Z,] Y, X), output (batch, out_channels, [Z,] Y, X).
    """

    def __init__(self, params: NormUNetParams) -> None:
        super().__init__()
        self.params = params
        self.in_channels, self.out_channels = params.in_channels, params.out_channels
        self.spatial_dims = params.spatial_dims
        self.has_global_statistics = params.norm == "instance"
        widths = params.widths
        self.size_multiple = 2 ** (len(widths) - 1)
        self.receptive_field_px = _receptive_field(len(widths))
        before = (params.in_channels, *widths[:-1])
        self.down = nn.ModuleList(
            _convolutions(i, o, params) for i, o in zip(before, widths, strict=True)
        )
        self.up = nn.ModuleList(
            _convolutions(coarse + fine, fine, params)
            for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.dropout = nn.Dropout(params.dropout)
        self.head = _CONVOLUTION[params.spatial_dims](widths[0], params.out_channels, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Output for an input whose spatial sides are multiples of `size_multiple`."""
        skips: list[Tensor] = []
        x = inputs
        for block in self.down:
            x = block(_POOL[self.spatial_dims](x, 2) if skips else x)
            skips.append(x)
        x = self.dropout(x)
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skip], 1))
        result: Tensor = self.head(x)
        return result


def _convolutions(in_channels: int, out_channels: int, params: NormUNetParams) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in range(2):
        channels = in_channels if i == 0 else out_channels
        layers.append(_CONVOLUTION[params.spatial_dims](channels, out_channels, 3, padding=1))
        if params.norm != "none":
            layers.append(_NORMS[params.norm][params.spatial_dims](out_channels))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _receptive_field(levels: int) -> int:
    """Reach in pixels: the interval that one output pixel reads, worst over its alignment.

    From the output down: two convolutions a level widen the interval by 2, up-sampling halves
    it, pooling on the way back doubles it. The skip connections read no further.
    """
    stride, reach = 2 ** (levels - 1), 0
    for pixel in range(stride):
        low = high = pixel
        for _ in range(levels - 1):
            low, high = (low - 2) // 2, (high + 2) // 2
        low, high = low - 2, high + 2
        for _ in range(levels - 1):
            low, high = 2 * low - 2, 2 * high + 1 + 2
        reach = max(reach, pixel - low, high - pixel)
    return reach
