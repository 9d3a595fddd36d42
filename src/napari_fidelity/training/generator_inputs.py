"""What a generator is given: channels of the data, and planes of noise."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from napari_fidelity.networks.keyed_noise import normal


@dataclass(frozen=True)
class GeneratorInputs:
    """The layout of a generator's input.

    Parameters
    ----------
    data_channels : int
        The first so many channels of the data are taken; channels that lack are zero.
    noise_channels : int
        Planes of standard normal noise after them.

    Examples
    --------
    >>> GeneratorInputs(2, 1).assemble(torch.ones(4, 2, 8, 8)).shape
    torch.Size([4, 3, 8, 8])
    """

    data_channels: int
    noise_channels: int = 0

    @property
    def in_channels(self) -> int:
        """Channels of the generator."""
        return self.data_channels + self.noise_channels

    def assemble(self, data: Tensor, seed: int | None = None) -> Tensor:
        """The input (batch, in_channels, *spatial) for data (batch, channel, *spatial).

        Parameters
        ----------
        data : Tensor
        seed : int, optional
            Keys the noise by pixel; default: noise from PyTorch's generator.
        """
        data = data[:, : self.data_channels]
        lacking = self.data_channels - data.shape[1]
        parts = [data]
        if lacking:
            parts.append(data.new_zeros(len(data), lacking, *data.shape[2:]))
        if self.noise_channels:
            parts.append(self._draw(data, seed))
        return torch.cat(parts, 1) if len(parts) > 1 else data

    def _draw(self, data: Tensor, seed: int | None) -> Tensor:
        shape = (len(data), self.noise_channels, *data.shape[2:])
        if seed is None:
            return torch.randn(shape, device=data.device)
        planes = [
            normal((len(data), *data.shape[2:]), seed=seed, stream=stream)
            for stream in range(self.noise_channels)
        ]
        return torch.stack(planes, 1).to(data.device)
