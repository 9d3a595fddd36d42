"""The U-Net that tells foreground from background: a probability a pixel."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from napari_fidelity.core.params import Params
from napari_fidelity.networks.norm_unet import NormUNet, NormUNetParams
from napari_fidelity.networks.spec import LocalNetwork


class SegmentationUNetParams(Params):
    """Settings of `SegmentationUNet`."""

    in_channels: int = Field(1, ge=1, description="Channels of the image")
    widths: tuple[int, ...] = Field(
        (64, 128, 256, 512), min_length=1, description="Filters of each level, finest first"
    )
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share of the coarsest level that is dropped in training"
    )
    norm: Literal["none", "batch"] = Field(
        "none", description="Normalisation after every convolution"
    )
    spatial_dims: Literal[2, 3] = Field(2, description="2 for planes, 3 for volumes")


class SegmentationUNet(LocalNetwork):
    """U-Net (Ronneberger 2015) with one output, the probability of the foreground.

    Two 3×3 convolutions with ReLU a level, max pooling, nearest-neighbour up-sampling, dropout
    behind the coarsest level. Weights start normal as of He 2015, which Ronneberger 2015 asks
    for: without norms the signal would else fade from level to level.
    Input (batch, in_channels, [Z,] Y, X), output (batch, 1, [Z,] Y, X) from 0 to 1.

    Attributes
    ----------
    unet : NormUNet
        Gives logits; training is more accurate with these.

    Examples
    --------
    >>> network = SegmentationUNet(SegmentationUNetParams(widths=(4, 8))).eval()
    >>> image = torch.zeros(1, 1, 8, 8)
    >>> bool((network(image) == network.predict_logits(image).sigmoid()).all())
    True
    """

    def __init__(self, params: SegmentationUNetParams) -> None:
        super().__init__()
        self.params = params
        self.unet = NormUNet(
            NormUNetParams(
                in_channels=params.in_channels,
                widths=params.widths,
                norm=params.norm,
                dropout=params.dropout,
                spatial_dims=params.spatial_dims,
            )
        )
        self.in_channels, self.out_channels = params.in_channels, 1
        self.spatial_dims = params.spatial_dims
        self.size_multiple = self.unet.size_multiple
        self.receptive_field_px = self.unet.receptive_field_px
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv3d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Probabilities for an image whose spatial sides are multiples of `size_multiple`."""
        return torch.sigmoid(self.predict_logits(inputs))

    def predict_logits(self, inputs: Tensor) -> Tensor:
        """The logarithm of the odds of foreground."""
        return self.unet(inputs)
