"""Batch norm folded into the convolution before it: the same function, one pass less."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

ModuleT = TypeVar("ModuleT", bound=nn.Module)
_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
_BATCH_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)


def fold_batch_norms(network: ModuleT) -> ModuleT:
    """`network`, changed: every batch norm right after a convolution in a `Sequential` is gone.

    `weight · γ / √(σ² + ε)` and `(bias − μ) · γ / √(σ² + ε) + β` take its place, with the running
    mean μ and variance σ². The network must be in evaluation mode.
    """
    for block in list(network.modules()):
        if isinstance(block, nn.Sequential):
            _fold_block(block)
    return network


def _fold_block(block: nn.Sequential) -> None:
    layers = list(block.named_children())
    for (first, convolution), (second, norm) in pairwise(layers):
        if not isinstance(convolution, _CONVOLUTIONS) or not isinstance(norm, _BATCH_NORMS):
            continue
        if norm.running_mean is not None and not norm.training:
            setattr(block, first, fuse_conv_bn_eval(convolution, norm))
            setattr(block, second, nn.Identity())
