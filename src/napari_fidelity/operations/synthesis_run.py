"""The passes of a synthesis over a mask: tiles of signal, a response, pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.engine import Engine
from napari_fidelity.inference.lazy_arrays import Target
from napari_fidelity.inference.mask_signal import stream_signal
from napari_fidelity.operations.finishing import Corner, Finish, Finisher
from napari_fidelity.operations.mask_labels import Index, MaskLabels
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.response_aim import ResponseAim
from napari_fidelity.operations.scratch import Scratch, open_scratch
from napari_fidelity.simulation.response import (
    RESPONSE_REACH_PX,
    Response,
    blend_weight,
    fit_response_to_parts,
)
from napari_fidelity.simulation.signal_statistics import SignalPart
from napari_fidelity.tiling import Tile

Floats = npt.NDArray[np.float32]
Write = Callable[[Index, Tile, Floats], None]
SIGNAL, FIT, FINISH = 0.6, 0.15, 0.25  # how long the passes take; measured on two cores
SPARED = 4  # noise takes a third of the network's time: one thread of four keeps up with it


@dataclass(frozen=True, eq=False)
class SynthesisRun:
    """A mask, a generator, and where the result goes.

    Parameters
    ----------
    engine : Engine
        The generator made ready.
    labels : MaskLabels
        The mask.
    finish : Finish
        What makes pixels of a signal; its response is replaced where one is fitted.
    target : Target
        Array of the mask's shape.
    tile_px : int
        Largest side of a tile.
    threads : int
        Threads that may be busy.
    """

    engine: Engine
    labels: MaskLabels
    finish: Finish
    target: Target
    tile_px: int
    threads: int

    def run(self, progress: Progress) -> Response:
        """The result written in one pass."""
        with self._open_finisher(self.finish, progress, beside_network=True) as finisher:

            def hand_on(index: Index, tile: Tile, signal: Floats) -> None:
                finisher.submit(index, _corner(tile), signal)

            self._stream(hand_on, progress)
            finisher.drain()
        return self.finish.response

    def run_fitted(
        self, aim: ResponseAim, progress: Progress, *, in_memory: bool, folder: Path | None
    ) -> Response:
        """The result written in a second pass, after the response was fitted to the first.

        Parameters
        ----------
        aim : ResponseAim
            What the response is fitted to.
        progress : Progress
            Called for every part.
        in_memory : bool
            Whether memory suffices for the signal of the whole image.
        folder : Path, optional
            Where the signal lies else.
        """
        predicting, fitting, finishing = share_progress(progress, [SIGNAL, FIT, FINISH])
        with ExitStack() as stack:
            scratch = self._find_scratch(stack, in_memory, folder)

            def keep(index: Index, tile: Tile, signal: Floats) -> None:
                scratch[(*index, *_slices(tile))] = signal

            self._stream(keep, predicting)
            response = self._fit(scratch, aim, fitting)
            finish = replace(self.finish, response=response)
            self._finish_scratch(scratch, finish, finishing)
        return response

    def _find_scratch(self, stack: ExitStack, in_memory: bool, folder: Path | None) -> Scratch:
        """The target itself where it can hold a signal, since pixels replace it one by one."""
        if isinstance(self.target, np.ndarray) and self.target.dtype == np.float32:
            return self.target
        return stack.enter_context(
            open_scratch(self.labels.shape, in_memory=in_memory, folder=folder)
        )

    def _fit(self, scratch: Scratch, aim: ResponseAim, progress: Progress) -> Response:
        passes = iter(share_progress(progress, [1, 4]))
        return fit_response_to_parts(
            lambda: self._iterate_parts(scratch, aim, next(passes)),
            aim.foreground_count,
            aim.levels,
            self.finish.observation,
            noise=self.finish.noise,
        )

    def _iterate_parts(
        self, scratch: Scratch, aim: ResponseAim, progress: Progress
    ) -> Iterator[SignalPart]:
        labels, bands = self.labels, self.labels.list_bands()
        height, width = labels.shape[-2:]
        for done, band in enumerate(bands):
            progress(done, len(bands), "Matching intensities")
            index, low, high = band
            first, last = max(low - RESPONSE_REACH_PX, 0), min(high + RESPONSE_REACH_PX, height)
            foreground = labels.read(index, (first, 0), (last, width)) > 0
            inner = slice(low - first, high - first)

            def find_background(band: Any = band) -> npt.NDArray[np.bool_]:  # Any: bound here
                if aim.margin_px is None:
                    return np.zeros((band[2] - band[1], width), np.bool_)
                return labels.read_background(band, aim.margin_px)

            yield SignalPart(
                scratch[(*index, slice(low, high), slice(0, width))],
                blend_weight(foreground)[inner],
                foreground[inner],
                find_background,
            )

    def _finish_scratch(self, scratch: Scratch, finish: Finish, progress: Progress) -> None:
        height, width = self.labels.shape[-2:]
        side = self.tile_px
        boxes = [
            (index, y, x)
            for index in np.ndindex(self.labels.shape[:-2])
            for y in range(0, height, side)
            for x in range(0, width, side)
        ]
        with self._open_finisher(finish, progress) as finisher:
            for done, (index, y, x) in enumerate(boxes):
                progress(done, len(boxes), "Adding noise")
                rows, columns = (
                    slice(y, min(y + side, height)),
                    slice(x, min(x + side, width)),
                )
                finisher.submit(index, (y, x), scratch[(*index, rows, columns)])
            finisher.drain()
        progress(len(boxes), len(boxes), "Adding noise")

    def _open_finisher(
        self, finish: Finish, progress: Progress, *, beside_network: bool = False
    ) -> Finisher:
        """Where pixels are made: on all threads, or on those that a busy network can spare."""
        threads = max(self.threads // SPARED, 1) if beside_network else self.threads

        def write(index: Index, start: Corner, pixels: npt.NDArray[Any]) -> None:
            rows, columns = (
                slice(first, first + side) for first, side in zip(start, pixels.shape, strict=True)
            )
            self.target[(*index, rows, columns)] = pixels

        return Finisher(self.labels, finish, write, threads=threads, poll=progress.check)

    def _stream(self, write: Write, progress: Progress) -> None:
        stream_signal(
            self.engine,
            self.labels,
            write,
            seed=self.finish.seed,
            origin=self.finish.origin,
            tile_px=self.tile_px,
            progress=progress,
        )


def _corner(tile: Tile) -> Corner:
    return tile.start[0], tile.start[1]


def _slices(tile: Tile) -> tuple[slice, slice]:
    return tile.written[0], tile.written[1]
