"""The generator of CycleGAN and its heirs: residual blocks at a quarter of the resolution."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from napari_fidelity.core.params import Params
from napari_fidelity.networks.generator_range import (
    OUTPUT_DESCRIPTION,
    SIGNED_DESCRIPTION,
    Output,
    finish_output,
    sign_channels,
)
from napari_fidelity.networks.norm_layers import (
    CONVOLUTION,
    NORM_DESCRIPTION,
    TRANSPOSED,
    Norm,
    list_norm,
)
from napari_fidelity.networks.spec import LocalNetwork

_STAGES = 2


class ResnetGeneratorParams(Params):
    """Settings of `ResnetGenerator`; the defaults are those of CycleGAN for 256 × 256 px."""

    in_channels: int = Field(1, ge=1, description="Channels of the input")
    signed_channels: int | None = Field(None, ge=0, description=SIGNED_DESCRIPTION)
    out_channels: int = Field(1, ge=1, description="Channels of the output")
    width: int = Field(64, ge=1, description="Filters at full resolution; four times at a quarter")
    blocks: int = Field(9, ge=0, le=32, description="Residual blocks")
    norm: Norm = Field("instance", description=NORM_DESCRIPTION)
    padding: Literal["zero", "reflect"] = Field(
        "reflect", description="Beyond the border, in the 7×7 convolutions and the blocks"
    )
    upsampling: Literal["nearest", "transposed"] = Field(
        "nearest",
        description="nearest: enlarged, then convolved, which leaves no checkerboard; transposed: "
        "convolutions of stride ½ as published",
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Share dropped in blocks in training")
    output: Output = Field("unit", description=OUTPUT_DESCRIPTION)
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")

    @model_validator(mode="after")
    def _check_channels(self) -> Self:
        if self.output == "skip" and self.out_channels > self.in_channels:
            raise ValueError(f"{self.out_channels} channels cannot correct {self.in_channels}")
        return self


class ResnetGenerator(LocalNetwork):
    """Johnson's network (2016) as CycleGAN (Zhu 2017) and DeblurGAN (Kupyn 2018) have it.

    A 7×7 convolution, two of stride 2, residual blocks of two convolutions, two enlargements
    with a convolution each, a 7×7 convolution; norm and ReLU after all but the last.
    Input (batch, in_channels, [Z,] Y, X), output (batch, out_channels, [Z,] Y, X).
    """

    def __init__(self, params: ResnetGeneratorParams) -> None:
        super().__init__()
        self.params = params
        self.in_channels, self.out_channels = params.in_channels, params.out_channels
        self.spatial_dims = params.spatial_dims
        self.has_global_statistics = params.norm == "instance"
        self.size_multiple = 2**_STAGES
        self.receptive_field_px = _receptive_field(params)
        signed = params.signed_channels
        self._signed = self.in_channels if signed is None else min(signed, self.in_channels)
        widths = [params.width * 2**stage for stage in range(_STAGES + 1)]
        convolution = CONVOLUTION[params.spatial_dims]
        layers: list[nn.Module] = [_convolve(params.in_channels, widths[0], 7, params)]
        for fine, coarse in pairwise(widths):
            layers.append(_close(convolution(fine, coarse, 3, 2, 1), coarse, params))
        layers += [ResidualBlock(widths[-1], params) for _ in range(params.blocks)]
        for coarse, fine in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers.append(_enlarge(coarse, fine, params))
        self.layers = nn.Sequential(*layers)
        self.head = _padded(widths[0], params.out_channels, 7, params)

    def forward(self, inputs: Tensor) -> Tensor:
        """Output for an input whose spatial sides are multiples of four."""
        x = self.layers(sign_channels(inputs, self._signed))
        return finish_output(self.head(x), inputs, self.params.output)


class ResidualBlock(nn.Module):
    """Two convolutions, the second without ReLU, added to what comes in."""

    def __init__(self, width: int, params: ResnetGeneratorParams) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolve(width, width, 3, params),
            *([nn.Dropout(params.dropout)] if params.dropout else []),
            *list(_convolve(width, width, 3, params))[:-1],
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Of the shape of the inputs (batch, channel, *spatial)."""
        result: Tensor = inputs + self.layers(inputs)
        return result


def _padded(
    in_channels: int, out_channels: int, side: int, params: ResnetGeneratorParams
) -> nn.Module:
    mode: Literal["zeros", "reflect"] = "zeros" if params.padding == "zero" else "reflect"
    return CONVOLUTION[params.spatial_dims](
        in_channels, out_channels, side, padding=side // 2, padding_mode=mode
    )


def _close(layer: nn.Module, channels: int, params: ResnetGeneratorParams) -> nn.Sequential:
    norm = list_norm(params.norm, channels, params.spatial_dims)
    return nn.Sequential(layer, *norm, nn.ReLU(inplace=True))


def _convolve(
    in_channels: int, out_channels: int, side: int, params: ResnetGeneratorParams
) -> nn.Sequential:
    return _close(_padded(in_channels, out_channels, side, params), out_channels, params)


def _enlarge(in_channels: int, out_channels: int, params: ResnetGeneratorParams) -> nn.Sequential:
    dims = params.spatial_dims
    if params.upsampling == "transposed":
        layer = TRANSPOSED[dims](in_channels, out_channels, 3, 2, 1, output_padding=1)
        return _close(layer, out_channels, params)
    convolution = CONVOLUTION[dims](in_channels, out_channels, 3, 1, 1)
    return nn.Sequential(
        nn.Upsample(scale_factor=2.0, mode="nearest"), *_close(convolution, out_channels, params)
    )


def _receptive_field(params: ResnetGeneratorParams) -> int:
    """Reach in pixels: the interval that one output pixel reads, worst over its alignment.

    From the output down: 7×7 reads 3 to either side; an enlarged pixel (p - 1) // 2 to
    (p + 1) // 2 of the coarser level, a transposed one p // 2 to (p + 1) // 2; a block 2 to
    either side; a convolution of stride 2 reads 2p - 1 to 2p + 1; 7×7 again.
    """
    before = 0 if params.upsampling == "transposed" else 1
    reach = 0
    for pixel in range(2**_STAGES):
        low, high = pixel - 3, pixel + 3
        for _ in range(_STAGES):
            low, high = (low - before) // 2, (high + 1) // 2
        low, high = low - 2 * params.blocks, high + 2 * params.blocks
        for _ in range(_STAGES):
            low, high = 2 * low - 1, 2 * high + 1
        reach = max(reach, pixel - low + 3, high + 3 - pixel)
    return reach
