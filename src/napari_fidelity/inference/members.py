"""The members that are asked about one plane, and how those with global statistics are made."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.combination import Member, Orientation, list_orientations
from napari_fidelity.inference.device import choose_device
from napari_fidelity.inference.engine import Engine, prepare_engine
from napari_fidelity.inference.global_statistics import freeze_norms, list_global_norms
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import Tile

# How the statistics of a whole plane are had: there are none; the plane runs in one piece;
# summed over tiles, layer by layer; those of a part of it.
Statistics = Literal["local", "whole", "exact", "approximate"]


@dataclass(frozen=True)
class Region:
    """A plane as a source of statistics: tiles, and what a network reads for one."""

    tiles: Sequence[Tile]
    read: Callable[[Tile], Tensor]  # (channel, *spatial)
    poll: Callable[[], None]


def check_networks(networks: Sequence[LocalNetwork], options: PredictOptions) -> int:
    """How many images the networks make of one.

    Raises
    ------
    UserError
        No network, networks of different kinds, or one that does not fit the options.
    """
    if not networks:
        raise UserError("No network was given: one or more are needed.")
    kinds = {(n.in_channels, n.out_channels, n.spatial_dims) for n in networks}
    if len(kinds) > 1:
        raise UserError(
            "Networks that are averaged need equal channels and axes: these have "
            + ", ".join(f"{i} → {o} in {d}-D" for i, o, d in sorted(kinds))
            + "."
        )
    in_channels, out_channels, _ = kinds.pop()
    if options.output == "mean-scale" and out_channels % 2:
        raise UserError(
            f"The network has {out_channels} outputs: means and scales need an even number."
        )
    channels = out_channels // 2 if options.output == "mean-scale" else out_channels
    if options.times > 1 and channels != in_channels:
        raise UserError(
            f"The network makes {channels} channels of {in_channels}: "
            "it cannot be applied to its own result."
        )
    return channels


def join_engines(engines: Sequence[Engine], options: PredictOptions) -> list[Member]:
    """A member for each network and orientation, which applies the network `times` times."""
    return [
        Member(orientation, (engine,) * options.times)
        for engine in engines
        for orientation in list_orientations(options)
    ]


def freeze_members(
    networks: Sequence[LocalNetwork],
    options: PredictOptions,
    settings: ComputeSettings,
    region: Region,
) -> list[Member]:
    """Members whose global norms hold the statistics of a region.

    They differ between orientations and repetitions, so each has networks of its own.
    """
    device = choose_device(settings.device)
    members = []
    for network in networks:
        on_device = copy.deepcopy(network).to(device).eval()
        for orientation in list_orientations(options):
            stages: list[Engine] = []
            for _ in range(options.times):
                frozen = _freeze(on_device, orientation, stages, options, region, device)
                stages.append(prepare_engine(frozen, settings))
            members.append(Member(orientation, tuple(stages)))
    return members


def _freeze(
    network: LocalNetwork,
    orientation: Orientation,
    stages: Sequence[Engine],
    options: PredictOptions,
    region: Region,
    device: torch.device,
) -> LocalNetwork:
    names = find_norms(network)
    if not names:
        return network

    def read(tile: Tile) -> Tensor:
        values = orientation.apply(region.read(tile)[None])
        for stage in stages:
            values = stage(values)
            if options.output == "mean-scale":
                values = values.chunk(2, 1)[0]
        return values.to(device)

    return freeze_norms(network, names, region.tiles, read, orientation.undo, region.poll)


def find_norms(network: LocalNetwork) -> list[str]:
    """Names of the layers whose statistics can be fixed, in order; empty if there is no way."""
    if not network.has_global_statistics:
        return []
    return list_global_norms(network, _small_input(network)) or []


def count_passes(networks: Sequence[LocalNetwork], options: PredictOptions) -> int:
    """How often `freeze_members` goes over a region: once a norm, orientation and repetition."""
    norms = sum(len(find_norms(network)) for network in networks)
    return norms * len(list_orientations(options)) * options.times


def choose_statistics(
    networks: Sequence[LocalNetwork],
    options: PredictOptions,
    pixels: int,
    memory_bytes: int,
) -> Statistics:
    """How networks with global statistics go over planes or volumes of so many pixels.

    In one piece where that fits in memory, else exactly in tiles where the passes stay within
    `options.statistics_gigapixels` and the layers are known, else approximately.
    """
    asked = [network for network in networks if network.has_global_statistics]
    if not asked:
        return "local"
    if max(map(count_bytes_per_pixel, networks)) * pixels <= memory_bytes:
        return "whole"
    affordable = count_passes(asked, options) * pixels <= options.statistics_gigapixels * 1e9
    if affordable and all(map(find_norms, asked)):
        return "exact"
    return "approximate"


def count_bytes_per_pixel(network: LocalNetwork) -> float:
    """Memory that a float32 run takes per input pixel, at most: every layer's output is kept."""
    example = _small_input(network)
    total = 0

    def count(_: nn.Module, __: object, output: object) -> None:
        nonlocal total
        total += output.numel() if isinstance(output, Tensor) else 0

    # dropout hands on what it is given: it is a layer in training alone
    leaves = [
        layer
        for layer in network.modules()
        if not any(layer.children()) and not isinstance(layer, nn.modules.dropout._DropoutNd)
    ]
    handles = [layer.register_forward_hook(count) for layer in leaves]
    try:
        with torch.inference_mode():
            network(example)
    finally:
        for handle in handles:
            handle.remove()
    return 4 * (total + example.numel()) / math.prod(example.shape[2:])


def _small_input(network: LocalNetwork) -> Tensor:
    side = max(2 * network.size_multiple, 16 if network.spatial_dims == 2 else 8)
    side = math.ceil(side / network.size_multiple) * network.size_multiple
    some = next(network.parameters(), torch.zeros(()))
    return torch.zeros(1, network.in_channels, *(side,) * network.spatial_dims, device=some.device)
