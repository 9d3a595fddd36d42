"""The running mean of a network's weights, which wavers less than the weights."""

from __future__ import annotations

import torch
from torch import nn

_WARM_UP = 10  # without it the first, random weights would stay in the mean for long


def average_weights(mean: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the weights of `mean` towards those of `network` by the share 1 - decay.

    Parameters
    ----------
    mean : Module
        Changed; a copy of `network` from before the first step.
    network : Module
        Its buffers, such as the statistics of batch norms, are averaged too.
    decay : float
        In 0..1; early steps, counted from 1, take no more than step / (step + 9).
    step : int
    """
    decay = min(decay, step / (step + _WARM_UP - 1))
    ours, theirs = mean.state_dict(), network.state_dict()
    with torch.no_grad():
        for name, value in theirs.items():
            if value.is_floating_point():
                ours[name].lerp_(value, 1 - decay)
            else:
                ours[name].copy_(value)
