"""A network made ready to run: a copy in evaluation mode, on its device."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from napari_fidelity.inference.device import choose_device
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks.spec import LocalNetwork


class Engine:
    """A network made ready: `prepare_engine` makes it, calling it runs a batch of tiles.

    Attributes
    ----------
    in_channels, out_channels, size_multiple, receptive_field_px, spatial_dims : int
        Copied from the network.
    has_global_statistics : bool
        Copied from the network.
    device : torch.device
    precision : str
        "float32", "bfloat16" or "float16".
    tile_px : int
        Side of the tiles that suit network and device, halo not included.
    batch_size : int
        How many such tiles are run at once.
    seconds_per_megapixel : float or None
        Measured, for tiles of `tile_px`, halo included in the cost.
    """

    def __init__(self, network: LocalNetwork, settings: ComputeSettings) -> None:
        self.in_channels, self.out_channels = network.in_channels, network.out_channels
        self.size_multiple = network.size_multiple
        self.receptive_field_px = network.receptive_field_px
        self.spatial_dims = network.spatial_dims
        self.has_global_statistics = network.has_global_statistics
        self.device = choose_device(settings.device)
        self.precision = "float32"
        self.tile_px = settings.tile_px or 512
        self.batch_size = 1
        self.seconds_per_megapixel: float | None = None
        self._network = copy.deepcopy(network).to(self.device).eval()

    def __call__(self, batch: Tensor) -> Tensor:
        """Outputs (N, out_channels, *spatial) of inputs (N, in_channels, *spatial).

        Both are float32 on the CPU; sides are multiples of `size_multiple`.
        """
        with torch.inference_mode():
            return self._network(batch.to(self.device)).float().cpu()

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """What a result's provenance says about the computation."""
        return {"device": str(self.device), "precision": self.precision, "fallbacks": []}


def prepare_engine(
    network: LocalNetwork,
    settings: ComputeSettings | None = None,
    *,
    example: Tensor | None = None,
) -> Engine:
    """`network` made ready to run under `settings`.

    Parameters
    ----------
    network : LocalNetwork
        Not changed, and not kept alive.
    settings : ComputeSettings, optional
        Default: the field defaults.
    example : Tensor, optional
        Typical input (1, in_channels, *spatial) for the probe of precision. Default: seeded
        standard normal noise.
    """
    del example
    return Engine(network, settings or ComputeSettings())
