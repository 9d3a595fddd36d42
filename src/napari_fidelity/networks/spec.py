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
        Size of the second axis of input and output, both (batch, channel, Y, X), or
        (batch, channel, Z, Y, X) for a volume.
    size_multiple : int
        The spatial sides of the input are multiples of this.
    receptive_field_px : int
        Largest distance, along one axis, from an output pixel to an input pixel that
        changes it. Measured by gradients in the contract tests.
    spatial_dims : int
        2 for planes, 3 for volumes.
    has_global_statistics : bool
        A pixel depends on statistics of the whole input too (instance norm): tiles then differ
        from the whole, and `receptive_field_px` counts the convolutions alone.
    """

    in_channels: int
    out_channels: int
    size_multiple: int
    receptive_field_px: int
    spatial_dims: int = 2
    has_global_statistics: bool = False

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
