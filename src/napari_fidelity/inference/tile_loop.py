"""Tiles through a network: read, run in batches, write, and stop when asked to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from napari_fidelity.core.progress import Progress

StepT = TypeVar("StepT")


class Runner(Protocol):
    """An engine, or several behind one face: float32 in and out, (N, channels, *spatial)."""

    batch_size: int

    def __call__(self, batch: Tensor, /) -> Tensor:
        """Outputs of a batch."""


def run_tiles(
    engine: Runner,
    steps: Sequence[StepT],
    read: Callable[[StepT], Tensor],
    write: Callable[[StepT, npt.NDArray[np.float32]], None],
    progress: Progress,
    text: str,
) -> None:
    """Run every step: `write(step, engine(read(step)))`, neighbours of equal shape in batches.

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
    """
    waiting: list[tuple[StepT, Tensor]] = []
    for done, step in enumerate(steps):
        progress(done, len(steps), text)
        tile = read(step)
        if waiting and waiting[0][1].shape != tile.shape:
            _flush(engine, waiting, write)
        waiting.append((step, tile))
        if len(waiting) >= engine.batch_size:
            _flush(engine, waiting, write)
    _flush(engine, waiting, write)
    progress(len(steps), len(steps), text)


def _flush(
    engine: Runner,
    waiting: list[tuple[StepT, Tensor]],
    write: Callable[[StepT, npt.NDArray[np.float32]], None],
) -> None:
    """Run and write what is waiting, and empty the list."""
    if waiting:
        outputs = engine(torch.stack([tile for _, tile in waiting])).numpy()
        for (step, _), output in zip(waiting, outputs, strict=True):
            write(step, output)
    waiting.clear()
