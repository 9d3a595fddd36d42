"""Prediction with a network in training mode, as the authors of pix2pix have it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

_Norms = nn.modules.batchnorm._NormBase


def predict_in_training_mode(network: nn.Module, inputs: Tensor, *, seed: int) -> Tensor:
    """The output with dropout active and batch norms that take the statistics of `inputs`.

    Both make a pixel depend on the whole input, so this is for images that are given at once:
    to compare with publications whose figures were made so. In use, noise in the input and
    statistics from training give images that can be repeated in tiles.

    Parameters
    ----------
    network : Module
        Not changed, its running statistics neither.
    inputs : Tensor, shape (batch, channel, *spatial)
    seed : int
        Of the dropout; PyTorch's own generators go on as if nothing had happened.

    Examples
    --------
    >>> layers = nn.Sequential(nn.Dropout(0.5)).eval()
    >>> predict_in_training_mode(layers, torch.ones(1, 1, 9, 9), seed=0).unique().tolist()
    [0.0, 2.0]
    """
    working = copy.deepcopy(network).train()
    for layer in working.modules():
        if isinstance(layer, _Norms):
            layer.track_running_stats = False
    devices = [inputs.device] if inputs.device.type == "cuda" else []
    with torch.random.fork_rng(devices), torch.no_grad():
        torch.manual_seed(seed)
        result: Tensor = working(inputs)
    return result
