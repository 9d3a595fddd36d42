"""Networks with instance norms made local: their statistics measured once and kept."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from napari_fidelity.networks.frozen_norm import FixedNorm
from napari_fidelity.networks.spec import LocalNetwork


@dataclass(frozen=True)
class FreezeReport:
    """How much a network's output changed when its statistics were fixed.

    Parameters
    ----------
    layers : int
        Norms that were replaced.
    images : int
        Images that the change was measured on.
    rms_of_range, largest_of_range : float
        Root mean square and largest absolute change, relative to the range of the outputs
        before.
    """

    layers: int
    images: int
    rms_of_range: float
    largest_of_range: float

    def describe(self) -> dict[str, Any]:  # Any: JSON
        """What a model's card says."""
        return asdict(self)


def freeze_network(
    network: LocalNetwork, calibration: Sequence[Tensor], held_out: Sequence[Tensor] = ()
) -> tuple[LocalNetwork, FreezeReport]:
    """A local copy of a network with instance norms, and how its output changed.

    Each norm takes the mean and the variance that it found in the calibration images, averaged
    over them; the norms after it see inputs that were already normalised so. The copy is built
    from the network's own settings with `norm="frozen"`, so its weights fit a network built
    from them.

    Parameters
    ----------
    network : LocalNetwork
        With `params` that know `norm="frozen"`; not changed.
    calibration : sequence of Tensor, each (batch, channel, *spatial)
        Inputs of equal sides, such as training patches.
    held_out : sequence of Tensor
        Inputs on which the change is measured. Default: the calibration images.

    Raises
    ------
    ValueError
        No calibration image, or the network's settings know no frozen norms.
    """
    if not calibration:
        raise ValueError("freezing needs one calibration image or more")
    params: Any = getattr(network, "params", None)  # Any: each network has settings of its own
    if params is None or "norm" not in type(params).model_fields:
        raise ValueError(f"{type(network).__name__} has no setting `norm` that could be frozen")
    measured, layers = _fix_norms(network, calibration)
    build: Any = type(network)  # Any: every network is built from its settings alone
    frozen: LocalNetwork = build(params.model_copy(update={"norm": "frozen"})).eval()
    frozen.load_state_dict(measured.state_dict())
    frozen.to(calibration[0].device)
    return frozen, _compare(network, frozen, held_out or calibration, layers)


def _fix_norms(network: LocalNetwork, calibration: Sequence[Tensor]) -> tuple[LocalNetwork, int]:
    """A copy whose instance norms have the statistics of the images, and how many there are."""
    norms = [name for name, layer in network.named_modules() if _is_instance_norm(layer)]
    measured = copy.deepcopy(network).eval()
    for name in norms:
        _replace(measured, name, _MeasuringNorm(measured.get_submodule(name)))
    with torch.no_grad():
        measured(torch.cat(list(calibration)))
    for name in norms:
        layer = measured.get_submodule(name)
        assert isinstance(layer, _MeasuringNorm)
        _replace(measured, name, layer.fixed())
    return measured, len(norms)


class _MeasuringNorm(nn.Module):
    """Normalises a batch by the mean statistics of its images, and keeps them."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        settings: Any = layer  # Any: eps, weight and bias, which instance norms have
        self.eps, self.weight, self.bias = settings.eps, settings.weight, settings.bias
        self._found: FixedNorm | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        pixels = inputs.float().flatten(2)
        mean = pixels.mean((0, 2))
        variance = pixels.var(2, correction=0).mean(0)
        factor = (variance + self.eps).rsqrt()
        if self.weight is not None:
            factor = factor * self.weight.detach()
        shift = -mean * factor
        if self.bias is not None:
            shift = shift + self.bias.detach()
        self._found = FixedNorm(factor, shift)
        result: Tensor = self._found(inputs)
        return result

    def fixed(self) -> FixedNorm:
        """The norm with the statistics of the batch that ran through it."""
        assert self._found is not None  # the calibration ran through all layers
        return self._found


def _is_instance_norm(layer: nn.Module) -> bool:
    return isinstance(layer, nn.InstanceNorm2d | nn.InstanceNorm3d)


def _replace(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent), last, layer)


def _compare(
    network: LocalNetwork, frozen: LocalNetwork, images: Sequence[Tensor], layers: int
) -> FreezeReport:
    was_training = network.training
    network.eval()
    with torch.no_grad():
        pairs = [(network(image).float(), frozen(image).float()) for image in images]
    network.train(was_training)
    before = torch.cat([pair[0].flatten() for pair in pairs])
    change = torch.cat([(pair[1] - pair[0]).flatten() for pair in pairs])
    span = max(float(before.max() - before.min()), 1e-12)
    return FreezeReport(
        layers=layers,
        images=sum(len(image) for image in images),
        rms_of_range=float(change.square().mean().sqrt()) / span,
        largest_of_range=float(change.abs().max()) / span,
    )
