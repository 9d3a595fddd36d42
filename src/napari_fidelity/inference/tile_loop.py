"""Tiles through a network: read, run in batches, write, and stop when asked to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.steps import Box

StepT = TypeVar("StepT")


class Runner(Protocol):
    """An engine, or several behind one face: float32 in and out, (N, channels, *spatial)."""

    batch_size: int

    def __call__(self, batch: Tensor, inner: Box | None = None, /) -> Tensor:
        """Outputs of a batch, in the box `inner` of every tile or whole."""


def run_tiles(
    engine: Runner,
    steps: Sequence[StepT],
    read: Callable[[StepT], Tensor],
    write: Callable[[StepT, npt.NDArray[np.float32]], None],
    progress: Progress,
    text: str,
    inner: Callable[[StepT], Box] | None = None,
) -> None:
    """Run every step: `write(step, engine(read(step)))`, neighbours of equal shape in batches.

    A batch is small enough that one asked to stop does so within half a second.

    Parameters
    ----------
    engine : Runner
        What turns inputs into outputs.
    steps : sequence
        One entry a tile; `read` and `write` alone know what it means.
    read : callable
        Input (in_channels, *spatial) of a step, float32.
    write : callable
        Takes a step and its output (out_channels, *spatial), float32.
    progress : Progress
        Called before every tile is read and at the end; may raise `Cancelled`.
    text : str
        What is being done, for `progress`.
    inner : callable, optional
        The box of a step's output that is wanted, (start, stop) an axis: `write` gets that
        alone, and what only the rest needs is not computed. Default: the whole.
    """
    waiting: list[tuple[StepT, Tensor, Box | None]] = []
    for done, step in enumerate(steps):
        progress(done, len(steps), text)
        tile = read(step)
        box = inner(step) if inner is not None else None
        if waiting and (waiting[0][1].shape, waiting[0][2]) != (tile.shape, box):
            _flush(engine, waiting, write)
        waiting.append((step, tile, box))
        if len(waiting) >= engine.batch_size:
            _flush(engine, waiting, write)
    _flush(engine, waiting, write)
    progress(len(steps), len(steps), text)


def _flush(
    engine: Runner,
    waiting: list[tuple[StepT, Tensor, Box | None]],
    write: Callable[[StepT, npt.NDArray[np.float32]], None],
) -> None:
    """Run and write what is waiting, and empty the list."""
    if waiting:
        outputs = engine(torch.stack([tile for _, tile, _ in waiting]), waiting[0][2]).numpy()
        for (step, _, _), output in zip(waiting, outputs, strict=True):
            write(step, output)
    waiting.clear()
