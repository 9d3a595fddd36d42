"""Losses of generators whose texture is drawn from noise; each returns a scalar tensor."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_HUBER_BETA = 0.5
_SMALLEST_VARIANCE = 1e-3
_SMALLEST_RESIDUAL = 1e-3
_MEAN_LOG_NORMAL = -0.6352  # of ln |x|, x standard normal


def correlation_loss(predicted: Tensor, target: Tensor, region: Tensor, usable: Tensor) -> Tensor:
    """Mean over patches of 1 - Pearson correlation inside a region: 1 - SFM.

    Parameters
    ----------
    predicted, target, region : Tensor, shape (batch, 1, Y, X)
        `region` is 1 where pixels count.
    usable : Tensor, shape (batch, 1, 1, 1)
        1 for patches that count.
    """
    count = region.sum((1, 2, 3), keepdim=True).clamp_min(1)
    a, b = (
        (image - (image * region).sum((1, 2, 3), keepdim=True) / count) * region
        for image in (predicted, target)
    )
    both = (a * b).sum((1, 2, 3), keepdim=True)
    lengths = (a.square().sum((1, 2, 3), keepdim=True) + 1e-3) * (
        b.square().sum((1, 2, 3), keepdim=True) + 1e-3
    )
    return ((1 - both / lengths.sqrt()) * usable).sum() / usable.sum().clamp_min(1)


def levels_loss(predicted: Tensor, target: Tensor, region: Tensor, usable: Tensor) -> Tensor:
    """How far mean and SD inside a region are from the target's; arguments as above.

    Mean over patches of the squared difference of means, in SDs of the target, and of the squared
    logarithm of the ratio of SDs. Correlation says nothing of either. Least squares, in its
    place, would shrink what cannot be predicted: a response then needs a power to restore the
    contrast, and a power distorts what correlation has learned.
    """
    means, spreads = zip(*(_measure(image, region) for image in (predicted, target)), strict=True)
    shift = (means[0] - means[1]) / spreads[1].detach()
    ratio = (spreads[0] / spreads[1]).log()
    result: Tensor = ((shift**2 + ratio**2) * usable).sum() / usable.sum().clamp_min(1)
    return result


def background_loss(predicted: Tensor, target: Tensor, region: Tensor, usable: Tensor) -> Tensor:
    """Mean over all pixels of Huber's distance in a region, which forgives bright specks there."""
    distance = functional.smooth_l1_loss(predicted, target, reduction="none", beta=_HUBER_BETA)
    return (distance * region * usable).mean()


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


def _measure(images: Tensor, region: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and SD of each patch inside a region, (batch, 1, 1, 1)."""
    count = region.sum((1, 2, 3), keepdim=True).clamp_min(1)
    mean = (images * region).sum((1, 2, 3), keepdim=True) / count
    variance = ((images - mean) ** 2 * region).sum((1, 2, 3), keepdim=True) / count
    return mean, (variance + _SMALLEST_VARIANCE).sqrt()
