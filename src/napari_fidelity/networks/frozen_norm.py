"""A norm layer that knows its statistics beforehand, so that a pixel depends on its place alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class FixedNorm(nn.Module):
    """A norm layer whose statistics are given: `x · factor + shift` for every channel.

    Parameters
    ----------
    factor, shift : Tensor, shape (channels,)
        Kept as buffers: stored with the weights, not trained.

    Examples
    --------
    >>> layer = FixedNorm(torch.tensor([2.0]), torch.tensor([1.0]))
    >>> layer(torch.ones(1, 1, 1, 2)).flatten().tolist()
    [3.0, 3.0]
    """

    factor: Tensor
    shift: Tensor

    def __init__(self, factor: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("factor", factor)
        self.register_buffer("shift", shift)

    def forward(self, inputs: Tensor) -> Tensor:
        """Outputs of the shape of the inputs (batch, channel, *spatial)."""
        shape = (1, -1) + (1,) * (inputs.ndim - 2)
        return inputs * self.factor.view(shape) + self.shift.view(shape)


def identity_norm(channels: int) -> FixedNorm:
    """A `FixedNorm` that changes nothing yet: weights that are loaded bring its statistics."""
    return FixedNorm(torch.ones(channels), torch.zeros(channels))
