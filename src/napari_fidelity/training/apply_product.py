"""A trained network on one whole validation image, as it is used for cards and test pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.inference.lazy_arrays import reflect
from napari_fidelity.networks.keyed_noise import normal
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import align_up

Floats = npt.NDArray[np.float32]


def make_input(network: LocalNetwork, inputs: Floats, *, seed: int = 0) -> Tensor:
    """The network's input for scaled channels (C, *S): padded, with keyed noise where it takes it.

    Parameters
    ----------
    network : LocalNetwork
        What it takes beyond the channels that are there is noise; what it does not take is left
        out, the last channels first.
    inputs : ndarray of float32, shape (C, *S)
        As an `Example` holds them.
    seed : int
        Key of the noise.

    Returns
    -------
    Tensor of float32, shape (1, in_channels, *S), sides continued by reflection to the multiple
    """
    channels = inputs[: network.in_channels]
    for axis, size in enumerate(inputs.shape[1:], start=1):
        padded = align_up(size, network.size_multiple)
        channels = np.take(channels, reflect(0, padded, size), axis=axis)
    image = torch.from_numpy(np.ascontiguousarray(channels, np.float32))
    box, first = tuple(image.shape[1:]), (0,) * (image.ndim - 1)
    noise = [
        normal(box, seed=seed, stream=stream, origin=first)[None]
        for stream in range(network.in_channels - len(image))
    ]
    return torch.cat([image, *noise])[None]


def apply_network(network: LocalNetwork, inputs: Floats, *, seed: int = 0) -> Floats:
    """The network's output (channels, *S) for scaled channels (C, *S); arguments as above."""
    with torch.inference_mode():
        output = network(make_input(network, inputs, seed=seed))[0]
    inside = tuple(slice(0, size) for size in inputs.shape[1:])
    return np.asarray(output[(slice(None), *inside)].float().cpu())
