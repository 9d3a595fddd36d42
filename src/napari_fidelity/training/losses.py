"""Losses, each a function of tensors (batch, channel, Y, X) that returns a scalar tensor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from napari_fidelity.networks.textured_unet import blur

_HUBER_BETA = 0.5
_COARSE_SIGMA_PX = 2.0
_SMALLEST_RESIDUAL = 1e-3
_MEAN_LOG_NORMAL = -0.6352  # of ln |x|, x standard normal


def content_loss(
    predicted: Tensor, target: Tensor, spread: Tensor, weight: Tensor, *, fine_weight: float
) -> Tensor:
    """Huber distance between blurred images, and `fine_weight` times that between sharp ones.

    **Ours**, in place of pix2pix's L1: the blurred part asks for the right brightness and
    outline, which a mask determines, and leaves texture, which it does not, to the
    discriminator.

    Parameters
    ----------
    predicted, target : Tensor
        Images of equal shape.
    spread : Tensor, shape (batch, 1, 1, 1)
        Unit in which each image is compared: its foreground SD.
    weight : Tensor
        Weight of each pixel.
    fine_weight : float
        0 compares blurred images alone.
    """
    difference = (predicted - target) / spread
    coarse = blur(difference, _COARSE_SIGMA_PX)
    return (weight * (_huber(coarse) + fine_weight * _huber(difference))).mean()


def texture_loss(
    residual_bands: Tensor, amplitudes: Tensor, mixing: Tensor, floor: Tensor, region: Tensor
) -> Tensor:
    """Squared distance between logarithms of what is left of an image and what texture explains.

    **Ours.** The variance expected in band k is `Σ_j mixing[k, j] · amplitudes_j² + floor_k`, for
    amplitudes that change slowly. Logarithms ask for the typical size of a residual: outlines
    that are a pixel off and specks, which a likelihood would follow, count little.

    Parameters
    ----------
    residual_bands, amplitudes : Tensor, shape (batch, band, Y, X)
        Target less base in each band, relative to the base; and the predicted amplitudes.
    mixing : Tensor, shape (band, band)
        Variance that unit texture of one band has in another.
    floor : Tensor, shape (batch, band, Y, X) or broadcast to it
        Variance of pixel noise in each band, relative to the squared base.
    region : Tensor, shape (batch, 1, Y, X)
        1 where pixels count.
    """
    expected = torch.einsum("kj,bjyx->bkyx", mixing, amplitudes**2) + floor
    found = (residual_bands.abs() + _SMALLEST_RESIDUAL).log() - _MEAN_LOG_NORMAL
    distance = (found - 0.5 * (expected + _SMALLEST_RESIDUAL**2).log()) ** 2
    return (distance * region).sum() / (region.sum() * len(mixing)).clamp_min(1)


def generator_loss(verdicts: Tensor) -> Tensor:
    """Least-squares loss of a generator whose images got these verdicts (Mao 2017)."""
    return ((verdicts - 1) ** 2).mean()


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Least-squares loss of a discriminator with these verdicts on real and made images."""
    return ((real - 1) ** 2).mean() + (made**2).mean()


def _huber(difference: Tensor) -> Tensor:
    return functional.smooth_l1_loss(
        difference, torch.zeros_like(difference), reduction="none", beta=_HUBER_BETA
    )
