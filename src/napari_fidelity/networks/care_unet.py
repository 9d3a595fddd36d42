"""The U-Net of content-aware image restoration: an image, or a Laplace mean and scale a pixel."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.networks.enlarged_convolution import EnlargedConvolution
from napari_fidelity.networks.spec import LocalNetwork

SMALLEST_SCALE = 1e-3  # in scaled intensities; CSBDeep's `eps_scale`
_CONVOLUTION: dict[int, type[nn.Conv2d | nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}
_POOL = {2: functional.max_pool2d, 3: functional.max_pool3d}
_USUAL_KERNEL = {2: 5, 3: 3}


class CareUNetParams(Params):
    """Settings of `CareUNet`."""

    in_channels: int = Field(1, ge=1, description="Channels of the input")
    image_channels: int = Field(
        1, ge=1, description="Channels of the restored image; a scale comes with each of them"
    )
    depth: int = Field(2, ge=1, le=5, description="How many times the image is halved")
    first_filters: int = Field(
        32, ge=1, description="Filters of the finest level; every coarser one has twice as many"
    )
    kernel_px: int | None = Field(
        None, ge=3, le=7, description="Side of the kernels, odd; default: 5 in 2-D, 3 in 3-D"
    )
    residual: bool = Field(True, description="The input is added to the mean")
    probabilistic: bool = Field(True, description="Give a Laplace scale beside the mean")
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.side_px % 2 == 0:
            raise ValueError(f"a kernel of {self.side_px} px has no middle: give an odd number")
        if self.residual and self.in_channels != self.image_channels:
            raise ValueError(
                f"an input of {self.in_channels} channels cannot be added to an image of "
                f"{self.image_channels}: set residual to false"
            )
        return self

    @property
    def side_px(self) -> int:
        """Side of the kernels."""
        return self.kernel_px or _USUAL_KERNEL[self.spatial_dims]


class CareUNet(LocalNetwork):
    """U-Net of CARE (Weigert 2018), built as CSBDeep's `custom_unet` and `unet_block`.

    Two convolutions with ReLU a level, max pooling, nearest-neighbour up-sampling joined to the
    skip connection. As in CSBDeep the last convolution of the bottom and of each level on the
    way up already has the filters of the next finer level, and the last of all has a ReLU; a 1×1
    convolution then makes the mean, to which the input is added, and the scale,
    `softplus(raw) + 1e-3`. Weights start uniform as of Glorot 2010, biases at 0: Keras's way.

    Input (batch, in_channels, [Z,] Y, X). Output (batch, image_channels, [Z,] Y, X), or with
    scales (batch, 2 · image_channels, [Z,] Y, X): first the means, then the scales.

    Its receptive field is counted for the pixel that sees furthest. Of depth 2 and kernel 5
    that is 43 px, which is also the overlap of tiles in CSBDeep; CSBDeep measured one pixel in
    the middle of an image, so that for some other shapes it states a little less (22 px for
    kernel 3, where one pixel in four sees 23).

    Examples
    --------
    >>> network = CareUNet(CareUNetParams(first_filters=4))
    >>> network.receptive_field_px, network.size_multiple, network.out_channels
    (43, 4, 2)
    """

    def __init__(self, params: CareUNetParams) -> None:
        super().__init__()
        self.params = params
        self.in_channels = params.in_channels
        self.out_channels = params.image_channels * (2 if params.probabilistic else 1)
        self.spatial_dims = params.spatial_dims
        self.size_multiple = 2**params.depth
        self.receptive_field_px = _receptive_field(params.depth, params.side_px // 2)
        filters = [params.first_filters * 2**level for level in range(params.depth + 1)]
        finer = [filters[0], *filters]  # of the next finer level; the finest has none
        self.down = nn.ModuleList(
            _convolutions((i, o, o), params)
            for i, o in zip([params.in_channels, *filters], filters[:-1], strict=False)
        )
        self.bottom = _convolutions((filters[-2], filters[-1], filters[-2]), params)
        self.up = nn.ModuleList(
            _UpBlock((2 * filters[level], filters[level], finer[level]), params)
            for level in reversed(range(params.depth))
        )
        self.head = _CONVOLUTION[params.spatial_dims](filters[0], self.out_channels, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d) and layer.bias is not None:
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Means, and scales behind them, for an input with sides of `size_multiple`."""
        skips: list[Tensor] = []
        x = inputs
        for block in self.down:
            x = block(x)
            skips.append(x)
            x = _POOL[self.spatial_dims](x, 2)
        x = self.bottom(x)
        for block, skip in zip(self.up, reversed(skips), strict=True):
            x = block(x, skip)
        made: Tensor = self.head(x)
        channels = self.params.image_channels
        mean = made[:, :channels]
        if self.params.residual:
            mean = mean + inputs
        if not self.params.probabilistic:
            return mean
        return torch.cat([mean, functional.softplus(made[:, channels:]) + SMALLEST_SCALE], 1)


class _UpBlock(nn.Module):
    """Enlarges what comes from below, joins what was skipped, and convolves both twice."""

    def __init__(self, channels: tuple[int, int, int], params: CareUNetParams) -> None:
        super().__init__()
        before, middle, after = channels
        self.first = EnlargedConvolution(_make_convolution(before, middle, params))
        self.others = nn.Sequential(
            nn.ReLU(inplace=True), _make_convolution(middle, after, params), nn.ReLU(inplace=True)
        )

    def forward(self, coarse: Tensor, skip: Tensor) -> Tensor:
        result: Tensor = self.others(self.first(coarse, skip))
        return result


def _convolutions(channels: tuple[int, int, int], params: CareUNetParams) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [_make_convolution(before, after, params), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _make_convolution(before: int, after: int, params: CareUNetParams) -> nn.Conv2d | nn.Conv3d:
    side = params.side_px
    return _CONVOLUTION[params.spatial_dims](before, after, side, padding=side // 2)


def _receptive_field(depth: int, radius: int) -> int:
    """Reach in pixels: the interval that one output pixel reads, worst over its alignment.

    From the output down: two convolutions a level widen the interval by twice the kernel's
    radius, up-sampling halves it, pooling on the way back doubles it. The skip connections read
    no further.
    """
    reach = 0
    for pixel in range(2**depth):
        low = high = pixel
        for _ in range(depth):
            low, high = (low - 2 * radius) // 2, (high + 2 * radius) // 2
        low, high = low - 2 * radius, high + 2 * radius
        for _ in range(depth):
            low, high = 2 * low - 2 * radius, 2 * high + 1 + 2 * radius
        reach = max(reach, pixel - low, high - pixel)
    return reach
