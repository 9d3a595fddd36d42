"""PatchGAN: a discriminator that judges overlapping patches, not whole images."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.networks.norm_layers import CONVOLUTION, NORM_DESCRIPTION, Norm, list_norm

_MEAN = {2: functional.avg_pool2d, 3: functional.avg_pool3d}
_MEAN_PX = 5


class PatchGanParams(Params):
    """Settings of `PatchGan`; published: 64 filters, three strided layers, batch norm."""

    in_channels: int = Field(3, ge=1, description="Channels of the condition and of the image")
    width: int = Field(32, ge=4, description="Filters of the first layer")
    strided_layers: int = Field(2, ge=1, le=5, description="4×4 convolutions of stride 2")
    norm: Norm = Field("instance", description=NORM_DESCRIPTION)
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")
    detail_channels: int = Field(
        0, ge=0, description="How many channels, the last ones, are also seen less their 5×5 mean"
    )
    detail_gain: float = Field(8.0, gt=0, description="Factor of these differences")


class PatchGan(nn.Module):
    """Convolutional discriminator (Isola 2017): strided 4×4 convolutions, then two of stride 1.

    One strided layer sees patches of 16 × 16 px, two of 34 × 34, three of 70 × 70 as published,
    four of 142 × 142. Filters double from layer to layer, up to eight times the first.
    Input (batch, in_channels, [Z,] Y, X); output (batch, 1, [Z',] Y', X'), one verdict a patch.

    With `detail_channels` (ours) it also sees those channels less their local mean, enlarged:
    camera noise, a few hundredths of the range from -1 to 1, then is noticed within tens
    of steps instead of thousands. A verdict sees four pixels more.
    """

    def __init__(self, params: PatchGanParams) -> None:
        super().__init__()
        self.params = params
        self.patch_px = _patch(params.strided_layers) + (_MEAN_PX - 1) * bool(
            params.detail_channels
        )
        convolution = CONVOLUTION[params.spatial_dims]
        layers: list[nn.Module] = []
        channels, width = params.in_channels + params.detail_channels, params.width
        for number, stride in enumerate((2,) * params.strided_layers + (1,)):
            layers.append(convolution(channels, width, 4, stride, 1))
            if number > 0:
                layers += list_norm(params.norm, width, params.spatial_dims)
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            channels, width = width, min(2 * width, 8 * params.width)
        layers.append(convolution(channels, 1, 4, 1, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: Tensor) -> Tensor:
        """One verdict for each patch, without bounds: the loss says what real and made up are."""
        if self.params.detail_channels:
            inputs = torch.cat([inputs, self._find_detail(inputs)], 1)
        result: Tensor = self.layers(inputs)
        return result

    def _find_detail(self, inputs: Tensor) -> Tensor:
        judged = inputs[:, -self.params.detail_channels :]
        mean = _MEAN[self.params.spatial_dims](
            judged, _MEAN_PX, 1, _MEAN_PX // 2, count_include_pad=False
        )
        return self.params.detail_gain * (judged - mean)


def _patch(strided_layers: int) -> int:
    """Side in pixels of what one verdict sees."""
    side = 1 + 2 * 3
    for _ in range(strided_layers):
        side = 2 * side + 2
    return side
