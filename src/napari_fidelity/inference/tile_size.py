"""How large a tile may be: quick to cancel, kind to the cache, within memory."""

from __future__ import annotations

from math import prod

import torch

from napari_fidelity.inference.backend import Backend
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.threads import count_threads
from napari_fidelity.inference.working_memory import count_working_bytes
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import align_up

TILE_SECONDS = 0.28
SIDES = {2: (64, 1024), 3: (32, 256)}  # smallest and largest
_LARGEST_ON_CPU = {2: 512, 3: 96}  # what lies between two layers of a larger one leaves the cache
_STEP = {2: 64, 3: 16}
_BATCH_OPERATIONS = 2e10  # on a GPU: less leaves it idle
_LARGEST_BATCH = 16
# Operations a second that a network reaches in float32, a CPU core by its vector unit: stated,
# not measured, so that the same machine always cuts the same tiles.
_CORE_SPEED = {"AVX512": 9e10, "AVX2": 4e10}
_OTHER_CORE_SPEED = 2e10
_GPU_SPEED = {"cuda": 5e12, "xpu": 3e12, "mps": 1e12}
_LOW_PRECISION_GAIN = 2.0


def choose_tile(
    network: LocalNetwork, backend: Backend, settings: ComputeSettings
) -> tuple[int, int]:
    """Side of a tile in pixels (without its halo), and how many of them are run at once.

    The largest multiple of 64 (16 in 3-D) at which a batch should take less than 0.28 s and
    fit the memory limit; a side asked for in the settings is taken as it is.
    """
    dims, halo = network.spatial_dims, network.receptive_field_px
    speed = _estimate_speed(backend, settings)
    memory = count_working_bytes(settings, backend.device)
    smallest, largest = SIDES[dims]
    if backend.device.type == "cpu":
        largest = min(largest, _LARGEST_ON_CPU[dims])
    side = settings.tile_px or smallest
    while settings.tile_px is None and side + _STEP[dims] <= largest:
        whole = _align(side + _STEP[dims] + 2 * halo, dims, network.size_multiple)
        inner = tuple((halo, halo + side + _STEP[dims]) for _ in range(dims))
        if backend.operations(whole, inner) > TILE_SECONDS * speed:
            break
        if backend.working_bytes(whole) > memory:
            break
        side += _STEP[dims]
    return side, _choose_batch(side + 2 * halo, network, backend, memory, speed)


def _choose_batch(
    side: int, network: LocalNetwork, backend: Backend, memory: int, speed: float
) -> int:
    """1 on a CPU, where a tile keeps every core busy; else as many as keep a GPU busy."""
    if backend.device.type == "cpu":
        return 1
    size = _align(side, network.spatial_dims, network.size_multiple)
    work = max(backend.operations(size), 1.0)
    fitting = min(
        TILE_SECONDS * speed / work,
        memory / max(backend.working_bytes(size), 1.0),
        max(_BATCH_OPERATIONS / work, 1.0),
        _LARGEST_BATCH,
    )
    return max(int(fitting), 1)


def _estimate_speed(backend: Backend, settings: ComputeSettings) -> float:
    """Operations a second that this device should reach."""
    gain = 1.0 if backend.precision == "float32" else _LOW_PRECISION_GAIN
    if backend.device.type in _GPU_SPEED:
        return gain * _GPU_SPEED[backend.device.type]
    capability = torch.backends.cpu.get_cpu_capability()
    core = _CORE_SPEED.get(capability, _OTHER_CORE_SPEED)
    return gain * core * count_threads(settings)


def _align(side: int, dims: int, multiple: int) -> tuple[int, ...]:
    return (align_up(side, multiple),) * dims


def count_pixels(shape: tuple[int, ...]) -> int:
    """Pixels of a batch (N, channels, *spatial)."""
    return shape[0] * prod(shape[2:])
