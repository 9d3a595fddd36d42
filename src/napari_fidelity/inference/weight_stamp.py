"""Whether a network's weights are still the same, told without reading them all."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from napari_fidelity.networks.spec import LocalNetwork

_PICKED = 8  # numbers of every tensor


def stamp_weights(network: LocalNetwork) -> tuple[object, ...]:
    """What changes whenever weights are written to.

    PyTorch counts most writes, but none of fused optimisers and none to tensors of inference
    mode: a few numbers of every tensor tell these.
    """
    tensors = [*network.parameters(), *network.buffers()]
    counts = [0 if tensor.is_inference() else tensor._version for tensor in tensors]
    numbers = [_pick_numbers(tensor) for tensor in tensors]
    told = torch.cat(numbers).cpu().numpy().tobytes() if numbers else b""
    return (*counts, hashlib.sha256(told).digest())


def _pick_numbers(tensor: Tensor) -> Tensor:
    """A few numbers of a tensor, at equal distances, without a copy of it."""
    values = tensor.detach()
    if values.ndim == 0 or values.numel() == 0:
        return values.reshape(-1).float()
    count = min(_PICKED, values.numel())
    places = torch.arange(count) * (values.numel() // count)
    return values[torch.unravel_index(places, values.shape)].float()
