"""A mask-to-signal network applied to planes of any size, tile by tile, equal to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from napari_fidelity.core.progress import Progress
from napari_fidelity.data.mask_channels import CHANNELS, REACH_PX, encode_mask
from napari_fidelity.inference.device import choose_device
from napari_fidelity.networks.keyed_noise import normal
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import Tile, plan_tiles


def predict_signal(
    network: LocalNetwork,
    labels: npt.NDArray[Any],
    *,
    seed: int,
    origin: Sequence[int] | None = None,
    tile_px: int = 512,
    progress: Progress | None = None,
) -> npt.NDArray[np.float32]:
    """The expected signal that `network` sees in a mask.

    Every pixel depends on its neighbourhood and on noise keyed by its coordinate alone, so any
    `tile_px` gives the same result to rounding (1e-5). Past the borders the mask is continued
    by its outermost pixels.

    Parameters
    ----------
    network : LocalNetwork
        Input channels: foreground, boundary, then planes of standard normal noise.
    labels : ndarray, shape (..., Y, X)
        Bool or integer labels; leading axes are looped over.
    seed : int
        Key of the noise.
    origin : sequence of int, optional
        Index of the first pixel in its source, one entry an axis. Default: zeros.
    tile_px : int
        Largest side of a tile.
    progress : Progress, optional
        Called before every tile and at the end; may raise `Cancelled`.

    Returns
    -------
    ndarray of float32, of the shape of `labels`
    """
    origin = tuple(origin) if origin is not None else (0,) * labels.ndim
    progress = progress or Progress()
    device = choose_device()
    network = network.to(device).eval()
    height, width = labels.shape[-2:]
    tiles = plan_tiles(
        (height, width),
        tile_px=tile_px,
        halo_px=network.receptive_field_px,
        multiple=network.size_multiple,
        origin=(origin[-2], origin[-1]),
    )
    signal = np.empty(labels.shape, np.float32)
    steps = [(index, tile) for index in np.ndindex(labels.shape[:-2]) for tile in tiles]
    for done, (index, tile) in enumerate(steps):
        progress(done, len(steps), "Synthesizing")
        first = tuple(i + o for i, o in zip((*index, 0, 0), origin, strict=True))
        inputs = _read_tile(labels[index], tile, network.in_channels, seed, first).to(device)
        with torch.inference_mode():
            outputs = network(inputs)[0, 0].cpu().numpy()
        rows, columns = (slice(*side) for side in zip(tile.start, tile.stop, strict=True))
        signal[(*index, rows, columns)] = outputs[tile.inner]
    progress(len(steps), len(steps), "Synthesizing")
    return signal


def _read_tile(
    plane: npt.NDArray[Any], tile: Tile, in_channels: int, seed: int, first: tuple[int, ...]
) -> torch.Tensor:
    """The network's input for one tile, shape (1, channel, Y, X).

    `first` is the index of the plane's first pixel in its source, one entry an axis.
    """
    rows, columns = (
        np.clip(np.arange(tile.read_start[a] - REACH_PX, tile.read_stop[a] + REACH_PX), 0, size - 1)
        for a, size in enumerate(plane.shape)
    )
    channels = encode_mask(plane[np.ix_(rows, columns)])
    channels = channels[:, REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
    corner = tuple(r + o for r, o in zip(tile.read_start, first[-2:], strict=True))
    box = (1,) * (len(first) - 2) + channels.shape[-2:]
    noise = [
        normal(box, seed=seed, stream=stream, origin=(*first[:-2], *corner))
        for stream in range(in_channels - len(CHANNELS))
    ]
    mask = torch.from_numpy(np.ascontiguousarray(channels))
    stacked = torch.cat([mask, *(field.reshape(1, *channels.shape[-2:]) for field in noise)])
    return stacked[None].contiguous(memory_format=torch.channels_last)
