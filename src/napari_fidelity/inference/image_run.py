"""One image on its way through networks: tiles read, scaled, run, put back and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.core.pixel_type import to_pixel_type
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.layout import Layout
from napari_fidelity.inference.lazy_arrays import Index, Source, Target, read_box
from napari_fidelity.inference.non_finite import fill_holes, widen_holes
from napari_fidelity.inference.normalisation import Scaling
from napari_fidelity.inference.read_ahead import ReadAhead, WriteBehind
from napari_fidelity.inference.tile_loop import Runner, run_tiles
from napari_fidelity.tiling import Tile

TEXT = "Predicting"
Holes = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Step:
    """A tile of one plane or volume."""

    index: Index
    tile: Tile


class ImageRun:
    """An image, where its results go, and what lies between.

    Parameters
    ----------
    source : Source
    layout : Layout
    scaling : Scaling
    undo : Scaling, optional
        Undone on the results. Default: they stay as the networks give them.
    reach_px : int
        How far a NaN changes the networks' outputs.
    mean, uncertainty : Target
        Where the results are written; the uncertainty may be None.

    Attributes
    ----------
    failed_pixels : int
        Outputs that are not finite although everything that they saw was.
    """

    def __init__(
        self,
        source: Source,
        layout: Layout,
        scaling: Scaling,
        *,
        undo: Scaling | None,
        reach_px: int,
        mean: Target,
        uncertainty: Target | None,
    ) -> None:
        self.failed_pixels = 0
        self._source, self._layout, self._scaling = source, layout, scaling
        self._undo, self._reach_px = undo, reach_px
        self._mean, self._uncertainty = mean, uncertainty
        self._holes: dict[int, Holes] = {}

    def read(self, index: Index, tile: Tile) -> tuple[Tensor, Holes | None]:
        """The networks' input (channel, *spatial) for a tile, and where it had NaN."""
        pixels = read_box(self._source, index, tile.read_start, tile.read_stop)
        values = self._scaling.apply(pixels)
        if self._layout.channel_axis is None:
            values = values[None]
        holes = fill_holes(values)
        return torch.from_numpy(np.ascontiguousarray(values)), holes

    def run(self, runner: Runner, steps: Sequence[Step], progress: Progress) -> None:
        """Read, run and write every step; returns when all is written."""
        with ReadAhead(self._read_step, steps) as read, WriteBehind() as behind:

            def write(step: Step, outputs: npt.NDArray[np.float32]) -> None:
                behind.submit(partial(self._write, step, outputs))

            run_tiles(runner, steps, read, write, progress, TEXT, lambda step: step.tile.inner_box)
            behind.finish()

    def _read_step(self, step: Step) -> Tensor:
        values, holes = self.read(step.index, step.tile)
        if holes is not None:
            self._holes[id(step)] = widen_holes(holes, self._reach_px)[step.tile.inner]
        return values

    def _write(self, step: Step, outputs: npt.NDArray[np.float32]) -> None:
        count = self._layout.channels
        holes = self._holes.pop(id(step), None)
        failed = ~np.isfinite(outputs[:count])
        if holes is not None:
            failed &= ~holes
        self.failed_pixels += int(np.count_nonzero(failed))
        mean: npt.NDArray[Any] = outputs[:count]
        spread: npt.NDArray[Any] = outputs[count:]
        if self._undo is not None:
            mean, spread = self._undo.undo(mean), self._undo.undo_spread(spread)
        where = (*self._layout.place(step.index), *step.tile.written)
        for target, values in ((self._mean, mean), (self._uncertainty, spread)):
            if target is not None:
                whole = values if holes is None else np.where(holes, np.float32(np.nan), values)
                pixels = to_pixel_type(whole, np.dtype(target.dtype))
                target[where] = pixels if count > 1 else pixels[0]


def compare_with_whole(
    runner: Runner, values: Tensor, tiles: Sequence[Tile], poll: Callable[[], None]
) -> float:
    """The largest difference between an input run in tiles and run whole.

    Parameters
    ----------
    runner : Runner
    values : Tensor, shape (channel, *spatial)
        Sides are multiples of the network's.
    tiles : sequence of Tile
        That cover it.
    poll : callable
        Called before every tile; may raise `Cancelled`.

    Returns
    -------
    float
        In units of the largest output, or of 1 where that is smaller.
    """
    poll()
    whole = runner(values[None])[0]
    largest = 0.0
    for tile in tiles:
        poll()
        sides = zip(tile.read_start, tile.read_stop, strict=True)
        part = values[(slice(None), *(slice(*side) for side in sides))]
        tiled = runner(part[None].contiguous(), tile.inner_box)[0]
        difference = (tiled - whole[(slice(None), *tile.written)]).abs().max()
        largest = max(largest, float(difference))
    return largest / max(1.0, float(whole.abs().max()))
