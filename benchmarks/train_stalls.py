"""How long napari's window stands still while a training is watched, in a new process."""

from __future__ import annotations

from benchmarks._window_process import measure_apart
from napari_fidelity.app.benchmark.row import Row


def measure_train_stalls() -> list[Row]:
    """The rows of `napari_fidelity.app.benchmark.train_stalls`, on a virtual screen if need be."""
    return measure_apart("train_stalls")
