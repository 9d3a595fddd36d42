"""How many cores networks use: decided in one place."""

from __future__ import annotations

import torch

from napari_fidelity.core.cores import count_cores
from napari_fidelity.inference.settings import ComputeSettings


def count_threads(settings: ComputeSettings) -> int:
    """Threads for one network: those asked for, else the cores that the process may use.

    `OMP_NUM_THREADS` counts where nothing is asked for: a cluster sets it for each job.
    """
    return settings.threads or count_cores()


def use_threads(count: int) -> None:
    """Let PyTorch use `count` threads from now on, on every thread of Python.

    Called for each run, but the pool is touched only when the number changes.
    """
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
