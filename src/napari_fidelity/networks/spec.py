"""What a network says about itself: channels, size multiple, receptive field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from napari_fidelity.core.params import Params


class LocalNetwork(nn.Module):
    """A network whose output at a pixel depends on a bounded neighbourhood of the input.

    Attributes
    ----------
    in_channels, out_channels : int
        Size of the second axis of input and output, both (batch, channel, Y, X).
    size_multiple : int
        Y and X of the input are multiples of this.
    receptive_field_px : int
        Largest distance, along one axis, from an output pixel to an input pixel that
        changes it. Measured by gradients in the contract tests.
    """

    in_channels: int
    out_channels: int
    size_multiple: int
    receptive_field_px: int

    def __call__(self, inputs: Tensor) -> Tensor:
        """Output planes for input planes."""
        result: Tensor = super().__call__(inputs)
        return result


@dataclass(frozen=True)
class NetworkSpec:
    """An entry of the catalog of networks: how to build one from its settings."""

    key: str
    title: str
    params: type[Params]
    build: Callable[[Any], LocalNetwork]  # Any: an instance of `params`
