"""Sums of products of long vectors, in pieces: numpy would stop the whole program meanwhile."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.progress import poll
from napari_fidelity.metrics.pixels import Floats

# `a @ b` keeps Python's lock: 67 million numbers stop every other thread, the one that draws the
# window too, for 60 to 150 ms; a piece takes 1 to 2 ms.
PIECE = 2**21


def sum_products(a: Floats, b: Floats) -> np.float64:
    """`Σ a·b` of two vectors (n,); up to 2²¹ numbers the very value of `a @ b`.

    Examples
    --------
    >>> float(sum_products(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    total = np.float64(0.0)
    for start in range(0, len(a), PIECE):
        total += _multiply(a[start : start + PIECE], b[start : start + PIECE])
    return total


def length(a: Floats) -> np.float64:
    """`sqrt(Σ a²)` of a vector (n,).

    Examples
    --------
    >>> float(length(np.array([3.0, 4.0])))
    5.0
    """
    return np.float64(np.sqrt(sum_products(a, a)))


def _multiply(a: Floats, b: Floats) -> np.float64:
    """One piece; a call of its own, since Python hands its lock over when one begins."""
    poll()
    return np.float64(a @ b)
