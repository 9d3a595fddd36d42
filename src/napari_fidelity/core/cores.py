"""How many cores this process may use."""

from __future__ import annotations

import os


def count_cores() -> int:
    """Cores that the process may use, fewer where `OMP_NUM_THREADS` says so.

    A cluster sets that variable for each job.

    Examples
    --------
    >>> count_cores() >= 1
    True
    """
    named = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
