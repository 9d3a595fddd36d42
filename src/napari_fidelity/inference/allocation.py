"""Memory between two layers, kept instead of being given back and asked for again."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT_BYTES = 256 * 2**20


@cache
def keep_freed_memory() -> bool:
    """Let the C library keep up to 256 MB that were freed; whether it does.

    Every layer frees some tens of MB and the next asks for as much. By default glibc gives them
    back to the system, which clears each page anew: 6 to 10 % of a prediction's time on two
    cores. Other libraries keep freed memory by themselves.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(what, KEPT_BYTES) == 1 for what in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
