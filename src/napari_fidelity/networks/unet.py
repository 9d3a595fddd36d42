"""A U-Net whose every output pixel sees a small, known neighbourhood and nothing else."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.networks.spec import LocalNetwork


class UNetParams(Params):
    """Settings of `LocalUNet`."""

    in_channels: int = Field(3, ge=1, description="Planes of the input")
    noise_channels: int = Field(
        1, ge=0, description="How many of them, the last ones, are noise for every level"
    )
    out_channels: int = Field(1, ge=1, description="Planes of the output")
    widths: tuple[int, ...] = Field(
        (32, 64, 128), description="Filters of each level, finest first"
    )
    bottom_convolutions: int = Field(
        2, ge=1, le=6, description="3×3 convolutions at the coarsest level"
    )


class LocalUNet(LocalNetwork):
    """U-Net (Ronneberger 2015) with two 3×3 convolutions a level and no normalisation layers.

    Average pooling and nearest-neighbour up-sampling keep it free of checkerboards; without
    batch or instance norm no pixel depends on statistics of the plane, so that tiles equal
    the whole image. **Ours:** the noise planes enter again at every coarser level, averaged and
    brought back to variance 1, so that texture of several grains costs the network nothing.
    Input (batch, in_channels, Y, X), output (batch, out_channels, Y, X).
    """

    def __init__(self, params: UNetParams) -> None:
        super().__init__()
        widths = params.widths
        self.in_channels, self.out_channels = params.in_channels, params.out_channels
        self.size_multiple = 2 ** (len(widths) - 1)
        self.receptive_field_px = _receptive_field(len(widths), params.bottom_convolutions)
        self._noise_channels = noise = params.noise_channels
        before = (params.in_channels, *(width + noise for width in widths[:-2]))
        self.down = nn.ModuleList(
            _convolutions(i, o, 2) for i, o in zip(before, widths[:-1], strict=True)
        )
        self.bottom = _convolutions(widths[-2] + noise, widths[-1], params.bottom_convolutions)
        self.up = nn.ModuleList(
            _convolutions(coarse + fine, fine, 2)
            for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], params.out_channels, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Output planes for input planes whose sides are multiples of `size_multiple`."""
        skips, x = [], inputs
        noise = inputs[:, self.in_channels - self._noise_channels :]
        for block in self.down:
            x = block(x)
            skips.append(x)
            noise = 2 * functional.avg_pool2d(noise, 2)
            x = torch.cat([functional.avg_pool2d(x, 2), noise], 1)
        x = self.bottom(x)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skip], 1))
        result: Tensor = self.head(x)
        return result


def _convolutions(in_channels: int, out_channels: int, count: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in range(count):
        layers += [
            nn.Conv2d(in_channels if i == 0 else out_channels, out_channels, 3, padding=1),
            nn.LeakyReLU(0.1, inplace=True),
        ]
    return nn.Sequential(*layers)


def _receptive_field(levels: int, bottom_convolutions: int) -> int:
    """Reach in pixels: the interval that one output pixel reads, worst over its alignment."""
    stride, reach = 2 ** (levels - 1), 0
    for pixel in range(stride):
        low = high = pixel
        for _ in range(levels - 1):
            low, high = (low - 2) // 2, (high + 2) // 2
        low, high = low - bottom_convolutions, high + bottom_convolutions
        for _ in range(levels - 1):
            low, high = 2 * low - 2, 2 * high + 1 + 2
        reach = max(reach, pixel - low, high - pixel)
    return reach
