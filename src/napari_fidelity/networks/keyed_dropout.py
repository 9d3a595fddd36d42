"""Dropout that is random by place, not by time: the same seed drops the same values."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.networks.keyed_noise import hash_coordinates, mix

_MASK = 0xFFFFFFFF


class KeyedDropout(nn.Module):
    """Ordinary dropout in training; in evaluation off, or keyed by noise that lies in the input.

    What is dropped at a pixel and channel depends on (the noise there, `layer`, the channel). As
    the noise is itself keyed by (seed, coordinate), so is the dropout: a tile drops what the
    whole image does.

    Parameters
    ----------
    share : float
        Share of the values that is dropped; the others are divided by 1 - share.
    layer : int
        Number of the layer: two of them drop independently.
    """

    def __init__(self, share: float, layer: int) -> None:
        super().__init__()
        self.share, self.layer = share, layer

    def forward(self, inputs: Tensor, noise: Tensor | None = None) -> Tensor:
        """Values kept or dropped.

        Parameters
        ----------
        inputs : Tensor, shape (batch, channel, *spatial)
        noise : Tensor of float32, shape (batch, 1, *spatial), optional
            One continuous random number a pixel; without it nothing is dropped in evaluation.
        """
        if self.training:
            return functional.dropout(inputs, self.share)
        if noise is None or self.share == 0:
            return inputs
        bits = noise.float().contiguous().view(torch.int32).long() & _MASK
        shape = (1, -1) + (1,) * (inputs.ndim - 2)
        first, second = (
            hash_coordinates(
                (inputs.shape[1],), seed=self.layer, stream=stream, device=inputs.device
            ).view(shape)
            for stream in (0, 1)
        )
        words = mix((mix((bits + first) & _MASK) + second) & _MASK)
        kept = (words >> 9) * 2.0**-23 >= self.share
        return inputs * kept.to(inputs.dtype) / (1 - self.share)
