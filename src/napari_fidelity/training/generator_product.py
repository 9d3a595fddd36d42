"""The generator that a training is for, its instance norms frozen so that tiles equal the whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from napari_fidelity.networks.freezing import freeze_network
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.training.method import Product

_CALIBRATION, _HELD_OUT = 16, 8
_STATE = "calibration"


class ProductMaker:
    """Makes the product, anew only where weights have changed.

    The first patches of a training are kept: two thirds give frozen norms their statistics, on
    the rest it is measured how much freezing changes.

    Parameters
    ----------
    key : str
        Of the network in the catalog.
    freeze : bool
        Whether instance norms are frozen; else the network looks at whole images.
    """

    def __init__(self, key: str, *, freeze: bool) -> None:
        self._key, self._freeze = key, freeze
        self._kept: list[Tensor] = []
        self._made: tuple[object, Product] | None = None

    def keep(self, inputs: Tensor) -> None:
        """Keep patches of the network's input (batch, channel, *spatial) until there are enough."""
        lacking = _CALIBRATION + _HELD_OUT - len(self._kept)
        if self._freeze and lacking > 0:
            self._kept += [patch.float().cpu() for patch in inputs.detach()[:lacking]]

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint must hold."""
        return {_STATE: torch.stack(self._kept)} if self._kept else {}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what `state` gave."""
        self._kept = [patch.cpu() for patch in state[_STATE]] if _STATE in state else []
        self.forget()

    def forget(self) -> None:
        """Weights have changed: make the product anew.

        PyTorch counts most writes to a tensor, but not those of fused optimisers.
        """
        self._made = None

    def make(self, network: LocalNetwork) -> Product:
        """The product of a network as it is now, in evaluation mode."""
        stamp = tuple(tensor._version for tensor in network.state_dict(keep_vars=True).values())
        if self._made is None or self._made[0] != stamp:
            # made with ordinary tensors, as it outlives the validation that may ask for it
            with torch.inference_mode(False), torch.no_grad():
                self._made = (stamp, self._make(network))
        product = self._made[1]
        product.network.eval()  # validation puts networks back into their modes
        return product

    def _make(self, network: LocalNetwork) -> Product:
        facts: dict[str, Any] = {}  # Any: JSON
        if self._freeze and network.has_global_statistics and self._kept:
            device = next(network.parameters()).device
            patches = [patch[None].to(device) for patch in self._kept]
            count = max(1, len(patches) * _CALIBRATION // (_CALIBRATION + _HELD_OUT))
            network, report = freeze_network(network, patches[:count], patches[count:])
            facts["freezing"] = report.describe()
        params: Any = network.params  # Any: each network has settings of its own
        return Product(
            network=network,
            key=self._key,
            params=params.model_dump(mode="json"),
            facts=facts,
        )
