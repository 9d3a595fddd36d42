"""A U-Net that draws the expected brightness, and texture of several grains from noise."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from napari_fidelity.core.params import Params
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.networks.unet import LocalUNet, UNetParams

_TRUNCATE = 3.0
_AMPLITUDE_OFFSET = 3.0


class TexturedUNetParams(Params):
    """Settings of `TexturedUNet`."""

    widths: tuple[int, ...] = Field((24, 48, 96), description="Filters of each level, finest first")
    bottom_convolutions: int = Field(
        2, ge=1, le=6, description="3×3 convolutions at the coarsest level; each reaches further"
    )
    texture_gain: float = Field(
        1.0, ge=0, le=2, description="Factor on all texture, chosen after training"
    )
    grains_px: tuple[float, ...] = Field(
        (0.6, 1.2, 2.4, 4.8), min_length=2, description="Gaussian SDs between which texture lies"
    )


class TexturedUNet(LocalNetwork):
    """Signal = base · (1 + Σ amplitude_k · noise_k), **ours**.

    A `LocalUNet` sees foreground, boundary and noise and gives one plane of brightness (base)
    and one amplitude for each grain; `noise_k` is the noise plane between two Gaussians, of
    variance 1. Conditional GANs learn to ignore their noise (Isola 2017, section 3.1); here it
    is in the result by construction, and the network says how much of it where.
    """

    def __init__(self, params: TexturedUNetParams) -> None:
        super().__init__()
        self.params = params
        self.bands = len(params.grains_px) - 1
        self.unet = LocalUNet(
            UNetParams(
                widths=params.widths,
                out_channels=1 + self.bands,
                bottom_convolutions=params.bottom_convolutions,
            )
        )
        self.in_channels, self.out_channels = 3, 1
        self.size_multiple = self.unet.size_multiple
        reach = max(_reach(sigma) for sigma in params.grains_px)
        self.receptive_field_px = max(self.unet.receptive_field_px, reach)

    def forward(self, inputs: Tensor) -> Tensor:
        """Signal (batch, 1, Y, X) for foreground, boundary and standard normal noise."""
        base, amplitudes = self.predict_parts(inputs)
        return self.add_texture(base, amplitudes, inputs[:, 2:3])

    def predict_parts(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Brightness (batch, 1, Y, X) and relative amplitudes (batch, band, Y, X), each ≥ 0."""
        planes = self.unet(inputs)
        return planes[:, :1], functional.softplus(planes[:, 1:] - _AMPLITUDE_OFFSET)

    def add_texture(self, base: Tensor, amplitudes: Tensor, noise: Tensor) -> Tensor:
        """The signal of these parts with texture drawn from `noise`."""
        texture = (amplitudes * self.split_bands(noise, normalise=True)).sum(1, keepdim=True)
        return base + self.params.texture_gain * base.clamp_min(0) * texture

    def split_bands(self, images: Tensor, *, normalise: bool = False) -> Tensor:
        """Differences of Gaussians (batch, band, Y, X); of variance 1 for white noise if asked."""
        blurred = [blur(images, sigma) for sigma in self.params.grains_px]
        bands = torch.cat([a - b for a, b in pairwise(blurred)], 1)
        if normalise:
            norms = self.band_kernels().square().sum((1, 2)).sqrt().to(bands)
            bands = bands / norms.view(1, -1, 1, 1)
        return bands

    def band_kernels(self) -> Tensor:
        """The filters of the bands, shape (band, size, size)."""
        reach = max(_reach(sigma) for sigma in self.params.grains_px)
        kernels = [_gaussian(sigma, reach) for sigma in self.params.grains_px]
        planes = [torch.outer(kernel, kernel) for kernel in kernels]
        return torch.stack([a - b for a, b in pairwise(planes)])


def _reach(sigma: float) -> int:
    return math.ceil(_TRUNCATE * sigma)


def _gaussian(sigma: float, size: int) -> Tensor:
    """Normalised kernel of 2·size + 1 entries, zero beyond three SDs."""
    places = torch.arange(-size, size + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2) * (places.abs() <= _reach(sigma))
    return kernel / kernel.sum()


def blur(images: Tensor, sigma: float) -> Tensor:
    """Images (batch, 1, Y, X) under a Gaussian, zero beyond their borders."""
    reach = _reach(sigma)
    kernel = _gaussian(sigma, reach).to(images)
    rows = functional.conv2d(images, kernel.view(1, 1, 1, -1), padding=(0, reach))
    return functional.conv2d(rows, kernel.view(1, 1, -1, 1), padding=(reach, 0))
