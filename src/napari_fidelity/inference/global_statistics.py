"""Instance and group norms over a whole image that is run in tiles: exact, layer by layer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from napari_fidelity.networks.frozen_norm import FixedNorm
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import Tile


class Moments:
    """Mean and variance of every channel over the pixels of many tiles, in float64.

    Tiles are merged by the formula of Chan, Golub & LeVeque (1983).
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = self._squares = torch.zeros((), dtype=torch.float64)

    def add(self, values: Tensor) -> None:
        """Count the pixels of one tile: (1, channel, *spatial)."""
        if values.device.type == "mps":  # it knows no float64
            values = values.cpu()
        pixels = values[0].flatten(1).double()
        here = pixels.mean(1)
        squares = ((pixels - here[:, None]) ** 2).sum(1)
        together = self.count + pixels.shape[1]
        shift = here - self.mean
        self.mean = self.mean + shift * pixels.shape[1] / together
        self._squares = self._squares + squares
        self._squares = self._squares + shift**2 * self.count * pixels.shape[1] / together
        self.count = together

    @property
    def variance(self) -> Tensor:
        """Of every channel, divided by the number of pixels."""
        return self._squares / self.count


def is_global_norm(layer: nn.Module) -> bool:
    """Whether a layer in evaluation mode takes statistics of its whole input.

    Instance and batch norms that kept running statistics in training do not.
    """
    if isinstance(layer, nn.GroupNorm):
        return True
    normed = isinstance(layer, nn.modules.batchnorm._NormBase)
    return normed and getattr(layer, "running_mean", None) is None


def list_global_norms(network: LocalNetwork, example: Tensor) -> list[str] | None:
    """Names of a network's global norms in the order in which `example` runs through them.

    Returns
    -------
    list of str, or None
        None: one of them is used twice, so that it has no statistics of its own.
    """
    order: list[str] = []
    handles = [
        layer.register_forward_pre_hook(lambda *_, name=name: order.append(name))
        for name, layer in network.named_modules()
        if is_global_norm(layer)
    ]
    try:
        with torch.inference_mode():
            network(example)
    finally:
        for handle in handles:
            handle.remove()
    return order if len(set(order)) == len(order) else None


class _Reached(Exception):
    """The layer whose input is wanted has been reached: the rest need not run."""


def freeze_norms(
    network: LocalNetwork,
    names: Sequence[str],
    tiles: Sequence[Tile],
    read: Callable[[Tile], Tensor],
    undo: Callable[[Tensor], Tensor],
    poll: Callable[[], None],
) -> LocalNetwork:
    """A copy of a network whose global norms hold the statistics of the whole image.

    The first norm sees inputs that depend on neighbourhoods alone, so its statistics can be
    summed over tiles. With them fixed the same is true of the second, and so on: a pass over
    the image for each norm, which stops there.

    Parameters
    ----------
    network : LocalNetwork
        In evaluation mode, on the device to use; not changed.
    names : sequence of str
        From `list_global_norms`.
    tiles : sequence of Tile
        They cover the image, rounded up to the size multiple, and start on its multiples.
    read : callable
        Input (1, channel, *spatial) of a tile.
    undo : callable
        Brings a layer's input to the orientation of the tile, if `read` turned it.
    poll : callable
        Called before every tile; may raise `Cancelled`.
    """
    frozen = copy.deepcopy(network)
    for name in names:
        layer, moments = frozen.get_submodule(name), Moments()
        found: list[Tensor] = []

        def keep(_: nn.Module, inputs: tuple[Tensor, ...], found: list[Tensor] = found) -> None:
            found.append(inputs[0])
            raise _Reached

        handle = layer.register_forward_pre_hook(keep)
        for tile in tiles:
            poll()
            inputs = read(tile)
            try:
                with torch.inference_mode():
                    frozen(inputs)
            except _Reached:
                moments.add(_crop(undo(found.pop()), tile))
        handle.remove()
        _replace(frozen, name, _fix(layer, moments).to(inputs.device))
    frozen.has_global_statistics = False
    return frozen


def _crop(values: Tensor, tile: Tile) -> Tensor:
    """The part of a layer's input that belongs to the tile's written box."""
    box: list[slice] = [slice(None), slice(None)]
    for axis, inner in enumerate(tile.inner):
        stride = (tile.read_stop[axis] - tile.read_start[axis]) // values.shape[2 + axis]
        box.append(slice(inner.start // stride, inner.stop // stride))
    return values[tuple(box)]


def _fix(layer: nn.Module, moments: Moments) -> FixedNorm:
    mean, variance = moments.mean.cpu(), moments.variance.cpu()
    # A group's mean is that of its channels' means; its variance adds their spread.
    if isinstance(layer, nn.GroupNorm):
        groups = mean.view(layer.num_groups, -1)
        own = variance.view(layer.num_groups, -1)
        spread = groups.var(1, correction=0, keepdim=True)
        size = groups.shape[1]
        variance = (own.mean(1, keepdim=True) + spread).repeat_interleave(size, 1).flatten()
        mean = groups.mean(1, keepdim=True).repeat_interleave(size, 1).flatten()
    settings: Any = layer  # Any: eps, weight and bias, which all of these norms have
    factor = (variance + settings.eps).rsqrt()
    if settings.weight is not None:
        factor = factor * settings.weight.detach().cpu().double()
    shift = -mean * factor
    if settings.bias is not None:
        shift = shift + settings.bias.detach().cpu().double()
    return FixedNorm(factor.float(), shift.float())


def _replace(network: nn.Module, name: str, layer: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(network.get_submodule(parent) if parent else network, last, layer)
