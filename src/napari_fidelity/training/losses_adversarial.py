"""Losses of adversarial training; verdicts are the unbounded outputs of a discriminator.

All are computed in float32 whatever the precision of the networks, and return a scalar tensor.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from torch import Tensor
from torch.nn import functional

GanLoss: TypeAlias = Literal["cross-entropy", "least-squares"]


def generator_loss(verdicts: Tensor, kind: GanLoss = "least-squares") -> Tensor:
    """How far verdicts on made images are from "real".

    Cross-entropy (Goodfellow 2014, the form that does not saturate): mean of -log σ(v);
    least squares (Mao 2017): mean of (v - 1)².

    Examples
    --------
    >>> import torch
    >>> float(generator_loss(torch.tensor([0.0, 1.0])))
    0.5
    """
    verdicts = verdicts.float()
    if kind == "least-squares":
        return ((verdicts - 1) ** 2).mean()
    return functional.softplus(-verdicts).mean()


def discriminator_loss(real: Tensor, made: Tensor, kind: GanLoss = "least-squares") -> Tensor:
    """How far verdicts on real images are from "real", and on made ones from "made".

    Cross-entropy: mean of -log σ(real) plus mean of -log (1 - σ(made)); least squares: mean of
    (real - 1)² plus mean of made². Publications halve the sum, which Adam does not notice.

    Examples
    --------
    >>> import torch
    >>> float(discriminator_loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])))
    2.5
    """
    real, made = real.float(), made.float()
    if kind == "least-squares":
        return ((real - 1) ** 2).mean() + (made**2).mean()
    return functional.softplus(-real).mean() + functional.softplus(made).mean()


def to_signed(images: Tensor) -> Tensor:
    """Intensities 0..1 as -1..1: the range in which the publications state their weights."""
    return 2 * images - 1


def signed_l1_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of images in -1..1, that is twice that of those in 0..1.

    The L1 loss of pix2pix, and the cycle and identity losses of CycleGAN.

    Examples
    --------
    >>> import torch
    >>> float(signed_l1_loss(torch.zeros(2), torch.tensor([0.0, 1.0])))
    1.0
    """
    return 2 * (predicted.float() - target.float()).abs().mean()


def cycle_loss(again: Tensor, original: Tensor) -> Tensor:
    """How far an image is from itself after both generators (Zhu 2017)."""
    return signed_l1_loss(again, original)


def identity_loss(same: Tensor, original: Tensor) -> Tensor:
    """How much a generator changes an image that is of its target's kind already (Zhu 2017)."""
    return signed_l1_loss(same, original)
