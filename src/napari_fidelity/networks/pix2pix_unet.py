"""The generator of pix2pix: a U-Net of strided convolutions."""

from __future__ import annotations

from typing import Literal, Self

import torch
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
from napari_fidelity.networks.keyed_dropout import KeyedDropout
from napari_fidelity.networks.norm_layers import (
    CONVOLUTION,
    NORM_DESCRIPTION,
    TRANSPOSED,
    Norm,
    list_norm,
)
from napari_fidelity.networks.spec import LocalNetwork


class Pix2PixUNetParams(Params):
    """Settings of `Pix2PixUNet`; the defaults are those of the publication for 256 × 256 px."""

    in_channels: int = Field(1, ge=1, description="Channels of the input")
    seen_channels: int | None = Field(
        None, ge=1, description="How many of them, the first ones, are convolved; default: all"
    )
    signed_channels: int | None = Field(None, ge=0, description=SIGNED_DESCRIPTION)
    out_channels: int = Field(1, ge=1, description="Channels of the output")
    widths: tuple[int, ...] = Field(
        (64, 128, 256, 512, 512, 512, 512, 512),
        min_length=2,
        max_length=10,
        description="Filters of each level, finest first; every level halves the sides",
    )
    norm: Norm = Field("batch", description=NORM_DESCRIPTION)
    upsampling: Literal["transposed", "nearest"] = Field(
        "transposed",
        description="transposed: 4×4 convolutions as published; nearest: enlarged, then 3×3 "
        "convolutions, which leave no checkerboard",
    )
    dropout: float = Field(0.5, ge=0, lt=1, description="Share dropped in training")
    dropout_levels: int = Field(
        3, ge=0, description="On how many decoder levels, the innermost ones"
    )
    dropout_when_predicting: bool = Field(
        False,
        description="Dropout goes on in prediction, keyed by the input's last channel: noise",
    )
    output: Output = Field("unit", description=OUTPUT_DESCRIPTION)
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")

    @model_validator(mode="after")
    def _check_channels(self) -> Self:
        seen = self.seen_channels or self.in_channels
        if seen > self.in_channels:
            raise ValueError(f"{seen} channels cannot be seen of {self.in_channels}")
        if self.output == "skip" and self.out_channels > seen:
            raise ValueError(f"{self.out_channels} channels cannot correct {seen}")
        return self


class Pix2PixUNet(LocalNetwork):
    """U-Net of 4×4 convolutions of stride 2 (Isola 2017), 2-D or 3-D.

    Encoder: convolution, norm, LeakyReLU 0.2, without norm on the first and the innermost level.
    Decoder: ReLU, up-sampling, norm, dropout on the innermost levels, and the encoder's
    features joined to it. Dropout is off in evaluation mode unless `dropout_when_predicting`.
    Input (batch, in_channels, [Z,] Y, X), output (batch, out_channels, [Z,] Y, X).
    """

    def __init__(self, params: Pix2PixUNetParams) -> None:
        super().__init__()
        self.params = params
        self.in_channels, self.out_channels = params.in_channels, params.out_channels
        self.spatial_dims = params.spatial_dims
        self.has_global_statistics = params.norm == "instance"
        widths = params.widths
        self.size_multiple = 2 ** len(widths)
        self.receptive_field_px = _receptive_field(len(widths))
        self._seen = params.seen_channels or params.in_channels
        signed = params.signed_channels
        self._signed = self._seen if signed is None else min(signed, self._seen)
        before = (self._seen, *widths[:-1])
        self.down = nn.ModuleList(
            _contract(i, o, params, first=level == 0, last=level == len(widths) - 1)
            for level, (i, o) in enumerate(zip(before, widths, strict=True))
        )
        joined = (widths[-1], *(2 * width for width in widths[-2:0:-1]))
        self.up = nn.ModuleList(
            _expand(i, o, params) for i, o in zip(joined, widths[-2::-1], strict=True)
        )
        shares = [params.dropout if n < params.dropout_levels else 0.0 for n in range(len(self.up))]
        self.dropouts = nn.ModuleList(KeyedDropout(share, n) for n, share in enumerate(shares))
        head = params.model_copy(update={"norm": "none"})
        self.head = _expand(2 * widths[0], params.out_channels, head)

    def forward(self, inputs: Tensor) -> Tensor:
        """Output for an input whose spatial sides are multiples of `size_multiple`."""
        skips: list[Tensor] = []
        x = sign_channels(inputs[:, : self._seen], self._signed)
        for block in self.down:
            x = block(x)
            skips.append(x)
        keyed = self.params.dropout_when_predicting and not self.training
        for block, dropout, skip in zip(self.up, self.dropouts, skips[-2::-1], strict=True):
            x = block(x)
            x = dropout(x, _sample(inputs[:, -1:], x) if keyed else None)
            x = torch.cat([skip, x], 1)
        return finish_output(self.head(x), inputs, self.params.output)


def _contract(
    in_channels: int, out_channels: int, params: Pix2PixUNetParams, *, first: bool, last: bool
) -> nn.Sequential:
    """Not in place: the skip connections take what comes before the activation."""
    dims = params.spatial_dims
    return nn.Sequential(
        *([] if first else [nn.LeakyReLU(0.2)]),
        CONVOLUTION[dims](in_channels, out_channels, 4, 2, 1),
        *([] if first or last else list_norm(params.norm, out_channels, dims)),
    )


def _expand(in_channels: int, out_channels: int, params: Pix2PixUNetParams) -> nn.Sequential:
    dims = params.spatial_dims
    larger: list[nn.Module]
    if params.upsampling == "transposed":
        larger = [TRANSPOSED[dims](in_channels, out_channels, 4, 2, 1)]
    else:
        larger = [
            nn.Upsample(scale_factor=2.0, mode="nearest"),
            CONVOLUTION[dims](in_channels, out_channels, 3, 1, 1),
        ]
    return nn.Sequential(nn.ReLU(), *larger, *list_norm(params.norm, out_channels, dims))


def _sample(noise: Tensor, like: Tensor) -> Tensor:
    """The noise at the first pixel under each pixel of a coarser level."""
    stride = noise.shape[-1] // like.shape[-1]
    return noise[(slice(None), slice(None), *[slice(None, None, stride)] * (noise.ndim - 2))]


def _receptive_field(levels: int) -> int:
    """Reach in pixels: the interval that one output pixel reads, worst over its alignment.

    From the output down: either way of up-sampling reads (p - 1) // 2 to (p + 1) // 2 of the
    coarser level, a strided convolution 2p - 1 to 2p + 2 of the finer one. The skip
    connections read no further.
    """
    reach = 0
    for pixel in range(2**levels):
        low = high = pixel
        for _ in range(levels):
            low, high = (low - 1) // 2, (high + 1) // 2
        for _ in range(levels):
            low, high = 2 * low - 1, 2 * high + 2
        reach = max(reach, pixel - low, high - pixel)
    return reach
