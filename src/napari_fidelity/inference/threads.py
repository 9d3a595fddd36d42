"""How many cores networks use: decided in one place."""

from __future__ import annotations

import os

import torch

from napari_fidelity.inference.settings import ComputeSettings


def count_threads(settings: ComputeSettings) -> int:
    """Threads for one network: those asked for, else the cores that the process may use.

    `OMP_NUM_THREADS` counts where nothing is asked for: a cluster sets it for each job.
    """
    return settings.threads or _count_allowed()


def use_threads(count: int) -> None:
    """Let PyTorch use `count` threads from now on, on every thread of Python.

    Called for each run, but the pool is touched only when the number changes.
    """
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def _count_allowed() -> int:
    named = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
