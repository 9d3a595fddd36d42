"""A mask-to-signal network applied to planes of any size, tile by tile, equal to the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.core.progress import Progress
from napari_fidelity.data.mask_channels import REACH_PX, count_noise, encode_mask
from napari_fidelity.inference.engine import Engine, prepare_engine
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.tile_loop import run_tiles
from napari_fidelity.networks.keyed_noise import normal
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.tiling import Tile, align_up, plan_tiles

SEAM_PX = 96  # on either side of a border that is probed


class Labels(Protocol):
    """Labels in memory or anywhere else: what is cut out of them is read then."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Pixels along each axis; Y and X are the last two."""

    def __getitem__(self, key: tuple[int | slice, ...], /) -> Any:  # Any: dask, zarr, numpy
        """The labels in a box; `numpy.asarray` reads them."""


def predict_signal(
    network: LocalNetwork | Engine,
    labels: Labels,
    *,
    seed: int,
    origin: Sequence[int] | None = None,
    tile_px: int | None = None,
    settings: ComputeSettings | None = None,
    progress: Progress | None = None,
) -> npt.NDArray[np.float32]:
    """The expected signal that `network` sees in a mask.

    Every pixel depends on its neighbourhood and on noise keyed by its coordinate alone, so any
    `tile_px` gives the same result to rounding (1e-5 in float32). Past the borders the mask is
    continued by its outermost pixels.

    Parameters
    ----------
    network : LocalNetwork or Engine
        Input channels: foreground[, boundary[, planes of standard normal noise]].
    labels : array, shape (..., Y, X)
        Bool or integer labels in memory, or lazy: each tile reads only what it needs. Leading
        axes are looped over.
    seed : int
        Key of the noise.
    origin : sequence of int, optional
        Index of the first pixel in its source, one entry an axis. Default: zeros.
    tile_px : int, optional
        Largest side of a tile. Default: the engine's.
    settings : ComputeSettings, optional
        Device and precision for a network that is not yet an engine.
    progress : Progress, optional
        Called before every tile and at the end; may raise `Cancelled`.

    Returns
    -------
    ndarray of float32, of the shape of `labels`
    """
    engine = network if isinstance(network, Engine) else prepare_engine(network, settings)
    signal = np.empty(labels.shape, np.float32)

    def write(index: tuple[int, ...], tile: Tile, part: npt.NDArray[np.float32]) -> None:
        place: tuple[int | slice, ...] = (*index, *tile.written)
        signal[place] = part

    stream_signal(
        engine, labels, write, seed=seed, origin=origin, tile_px=tile_px, progress=progress
    )
    return signal


def stream_signal(
    engine: Engine,
    labels: Labels,
    write: Callable[[tuple[int, ...], Tile, npt.NDArray[np.float32]], None],
    *,
    seed: int,
    origin: Sequence[int] | None = None,
    tile_px: int | None = None,
    progress: Progress | None = None,
) -> None:
    """`predict_signal` for images of any size: each tile is handed on and not kept.

    Parameters
    ----------
    engine : Engine
        The network made ready.
    labels, seed, origin, tile_px, progress
        As for `predict_signal`.
    write : callable
        `write(index, tile, signal)`: the plane, the tile, and the signal (Y, X) in the box that
        the tile writes, valid during the call. Tiles come in reading order.
    """
    shape = tuple(labels.shape)
    origin = tuple(origin) if origin is not None else (0,) * len(shape)
    tiles = plan_tiles(
        (shape[-2], shape[-1]),
        tile_px=tile_px or engine.tile_px,
        halo_px=engine.receptive_field_px,
        multiple=engine.size_multiple,
        origin=(origin[-2], origin[-1]),
    )

    def read(step: tuple[tuple[int, ...], Tile]) -> Tensor:
        index, tile = step
        box = read_labels(labels, index, tile.read_start, tile.read_stop)
        place = (*index, *tile.read_start)
        first = tuple(i + o for i, o in zip(place, origin, strict=True))
        return encode_tile(box, in_channels=engine.in_channels, seed=seed, first=first)

    def write_output(step: tuple[tuple[int, ...], Tile], output: npt.NDArray[np.float32]) -> None:
        index, tile = step
        write(index, tile, output[0])

    steps = [(index, tile) for index in np.ndindex(shape[:-2]) for tile in tiles]
    run_tiles(
        engine,
        steps,
        read,
        write_output,
        progress or Progress(),
        "Synthesizing",
        inner=lambda step: step[1].inner_box,
    )


def measure_seam(
    engine: Engine,
    labels: Labels,
    *,
    seed: int,
    origin: Sequence[int] | None = None,
    tile_px: int | None = None,
) -> float | None:
    """How far four tiles are from one where the first four meet, over the signal's range.

    A box of 192 pixels around that corner (that edge, if the image has but one row of tiles) of
    the first plane is computed in pieces and at once.

    Parameters
    ----------
    engine, labels, seed, origin, tile_px
        As for `predict_signal`.

    Returns
    -------
    float or None
        The largest difference; None if the image is one tile.
    """
    step = align_up(tile_px or engine.tile_px, engine.size_multiple)
    shape, half = tuple(labels.shape), min(step, SEAM_PX)
    origin = tuple(origin) if origin is not None else (0,) * len(shape)
    middles = [step if size > step else size // 2 for size in shape[-2:]]
    if max(shape[-2:]) <= step:
        return None
    box = [
        (max(middle - half, 0), min(middle + half, size))
        for middle, size in zip(middles, shape[-2:], strict=True)
    ]
    plane = (0,) * (len(shape) - 2)
    part = np.asarray(labels[(*plane, *(slice(*side) for side in box))])
    first = tuple(i + o for i, o in zip((*plane, *(low for low, _ in box)), origin, strict=True))
    part = part.reshape((1,) * len(plane) + part.shape)
    whole, pieces = (
        predict_signal(engine, part, seed=seed, origin=first, tile_px=side)
        for side in (2 * half, half)
    )
    span = max(float(np.ptp(whole)), float(np.abs(whole).max()), 1e-12)
    return float(np.abs(pieces - whole).max()) / span


def read_labels(
    labels: Labels, index: tuple[int, ...], start: Sequence[int], stop: Sequence[int]
) -> npt.NDArray[Any]:  # Any: bool or integers of any width
    """The labels that `encode_tile` needs for the box from `start` to `stop` of one plane.

    Parameters
    ----------
    labels : array, shape (..., Y, X)
        In memory or lazy; only the box is read.
    index : tuple of int
        The plane: an index for every leading axis.
    start, stop : (int, int)
        Half-open box (Y, X); it may reach past the borders, where the outermost pixels go on.

    Returns
    -------
    ndarray, shape (stop - start) + 2 · REACH_PX
    """
    places = [
        np.clip(np.arange(first - REACH_PX, last + REACH_PX), 0, size - 1)
        for first, last, size in zip(start, stop, labels.shape[-2:], strict=True)
    ]
    corner = [int(side[0]) for side in places]
    box = tuple(slice(low, int(side[-1]) + 1) for low, side in zip(corner, places, strict=True))
    inside = np.asarray(labels[(*index, *box)])
    return inside[np.ix_(*(side - low for side, low in zip(places, corner, strict=True)))]


def encode_tile(
    padded: npt.NDArray[Any],  # Any: bool or integers of any width
    *,
    in_channels: int,
    seed: int,
    first: Sequence[int],
) -> Tensor:
    """The network's input for one tile: as many mask channels as it takes, then keyed noise.

    Parameters
    ----------
    padded : ndarray, shape (Y + 2 · REACH_PX, X + 2 · REACH_PX)
        Labels of the tile and a margin on every side.
    in_channels : int
        Channels of the network.
    seed : int
        Key of the noise.
    first : sequence of int
        Index in the source of the tile's first pixel (without the margin), one entry an axis.

    Returns
    -------
    Tensor of float32, shape (in_channels, Y, X)
    """
    inner = slice(REACH_PX, -REACH_PX)
    mask = torch.from_numpy(np.ascontiguousarray(encode_mask(padded)[:, inner, inner]))
    box = (1,) * (len(first) - 2) + tuple(mask.shape[-2:])
    noise = [
        normal(box, seed=seed, stream=stream, origin=first).reshape(1, *mask.shape[-2:])
        for stream in range(count_noise(in_channels))
    ]
    return torch.cat([mask[:in_channels], *noise])
