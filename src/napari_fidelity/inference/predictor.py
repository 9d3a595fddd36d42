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
    planes = list(np.ndindex(labels.shape[:-2]))
    total = len(planes) * len(tiles)
    for number, index in enumerate(planes):
        leading = tuple(i + first for i, first in zip(index, origin[:-2], strict=True))
        for count, tile in enumerate(tiles):
            progress(number * len(tiles) + count, total, "Synthesizing")
            inputs = _read_tile(labels[index], tile, network, seed, leading, origin[-2:], device)
            with torch.inference_mode():
                planes_out = network(inputs)[0, 0].cpu().numpy()
            (y0, x0), (y1, x1) = tile.start, tile.stop
            top, left = y0 - tile.read_start[0], x0 - tile.read_start[1]
            signal[(*index, slice(y0, y1), slice(x0, x1))] = planes_out[
                top : top + y1 - y0, left : left + x1 - x0
            ]
    progress(total, total, "Synthesizing")
    return signal


def _read_tile(
    plane: npt.NDArray[Any],
    tile: Tile,
    network: LocalNetwork,
    seed: int,
    leading: tuple[int, ...],
    plane_origin: Sequence[int],
    device: torch.device,
) -> torch.Tensor:
    """The network's input for one tile, shape (1, channel, Y, X)."""
    rows, columns = (
        np.clip(np.arange(tile.read_start[a] - REACH_PX, tile.read_stop[a] + REACH_PX), 0, size - 1)
        for a, size in enumerate(plane.shape)
    )
    channels = encode_mask(plane[np.ix_(rows, columns)])
    channels = channels[:, REACH_PX:-REACH_PX, REACH_PX:-REACH_PX]
    start = tuple(r + o for r, o in zip(tile.read_start, plane_origin, strict=True))
    shape = (1,) * len(leading) + channels.shape[-2:]
    noise = [
        normal(shape, seed=seed, stream=stream, origin=(*leading, *start), device=device)
        for stream in range(network.in_channels - len(CHANNELS))
    ]
    mask = torch.from_numpy(np.ascontiguousarray(channels)).to(device)
    stacked = torch.cat([mask, *(plane.reshape(1, *channels.shape[-2:]) for plane in noise)])
    return stacked[None].contiguous(memory_format=torch.channels_last)
