"""Losses between a prediction and its target, pixel by pixel: restoration and segmentation.

Each is a function of tensors (batch, channel, *spatial) that returns a scalar tensor, computed in
float32 whatever the precision of the network.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.structural_similarity import K1, K2, RADIUS_PX, SIGMA_PX, WINDOW_PX

_LOG_2 = math.log(2.0)


def l1_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean of |predicted - target|.

    Examples
    --------
    >>> float(l1_loss(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 1.0])))
    2.0
    """
    return (predicted.float() - target.float()).abs().mean()


def laplace_loss(mean: Tensor, scale: Tensor, target: Tensor) -> Tensor:
    """Mean negative log likelihood of the target under Laplace distributions (Weigert 2018).

    `log 2σ + |y - μ| / σ`: natural logarithm, so that a density above 1 makes it negative.

    Parameters
    ----------
    mean, scale : Tensor
        μ and σ > 0 of every pixel; σ is the mean of |y - μ|, not a standard deviation.
    target : Tensor
        y, of the same shape.

    Examples
    --------
    >>> one = torch.ones(1)
    >>> round(float(laplace_loss(mean=one, scale=0.5 * one, target=2 * one)), 3)
    2.0
    """
    scale = scale.float()
    distance = (mean.float() - target.float()).abs()
    return (distance / scale + scale.log()).mean() + _LOG_2


def ssim_loss(predicted: Tensor, target: Tensor, data_range: float = 1.0) -> Tensor:
    """1 - SSIM (Wang 2004) of planes, averaged over the positions where the window fits.

    Window, constants and positions are those of the metric `ssim`: Gaussian, SD 1.5 px, 11×11.
    Equal images give 0. A constant pair of unequal images is compared in brightness alone.

    Parameters
    ----------
    predicted, target : Tensor, (batch, channel, Y, X)
        Every channel is a plane.
    data_range : float
        Of the intensities; 1 for scaled images.

    Raises
    ------
    UserError
        The tensors are no planes, or a side is shorter than 11 px.
    """
    if target.ndim != 4 or min(target.shape[2:]) < WINDOW_PX:
        raise UserError(
            f"SSIM as a loss needs planes of at least {WINDOW_PX} px a side, not patches of "
            f"{' × '.join(map(str, target.shape[2:]))}: enlarge them or set the weight to 0."
        )
    with torch.autocast(predicted.device.type, enabled=False):
        x, y = (image.float().flatten(0, 1)[:, None] for image in (predicted, target))
        moments = torch.cat([x, y, x * x + y * y, x * y], 1)
        mean_x, mean_y, squares, product = _average_windows(moments).unbind(1)
        both, power = mean_x * mean_y, mean_x**2 + mean_y**2
        c1, c2 = (K1 * data_range) ** 2, (K2 * data_range) ** 2
        above = (2 * both + c1) * (2 * (product - both) + c2)
        below = (power + c1) * (squares - power + c2)
        return 1 - (above / below).mean()


def cross_entropy_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Mean binary cross-entropy, from logits: `log(1 + exp(-z))` for foreground.

    Parameters
    ----------
    logits : Tensor
        z, the logarithm of the odds of foreground.
    target : Tensor
        0 or 1, or a probability between.

    Examples
    --------
    >>> round(float(cross_entropy_loss(torch.zeros(1), torch.ones(1))), 4)  # ln 2
    0.6931
    """
    return functional.binary_cross_entropy_with_logits(logits.float(), target.float())


def _average_windows(images: Tensor) -> Tensor:
    """Gaussian means of (N, C, Y, X) at the positions where the window fits."""
    x = torch.arange(-RADIUS_PX, RADIUS_PX + 1, dtype=images.dtype, device=images.device)
    window = torch.exp(-0.5 * (x / SIGMA_PX) ** 2)
    channels = images.shape[1]
    kernel = (window / window.sum()).expand(channels, 1, 1, -1)
    rows = functional.conv2d(images, kernel, groups=channels)
    return functional.conv2d(rows, kernel.transpose(2, 3), groups=channels)
