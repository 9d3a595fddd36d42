"""Smooth random fields and plain draws, keyed by seed and stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.random import normal, uniform


def smooth_field(
    shape: Sequence[int], sigmas_px: Sequence[float], *, seed: int, stream: int
) -> npt.NDArray[np.float32]:
    """A Gaussian random field of mean 0 and variance 1 with Gaussian correlation.

    White keyed noise under a Gaussian of `sigmas_px`, divided by the root of the sum of its
    squared weights, so that the variance is 1 whatever the size of the field.

    Examples
    --------
    >>> field = smooth_field((200, 200), (2, 2), seed=1, stream=0)
    >>> abs(float(field.std()) - 1) < 0.1
    True
    """
    noise = normal(shape, seed=seed, stream=stream)
    gain = 1.0
    for sigma in sigmas_px:
        impulse = np.zeros(2 * int(4 * sigma + 1) + 1)
        impulse[len(impulse) // 2] = 1
        gain *= float(np.sqrt((ndimage.gaussian_filter1d(impulse, sigma) ** 2).sum()))
    smooth = ndimage.gaussian_filter(noise, tuple(sigmas_px), mode="reflect")
    return np.asarray(smooth / np.float32(gain), np.float32)


def draw_uniforms(
    count: int, *, seed: int, stream: int, low: float = 0.0, high: float = 1.0
) -> npt.NDArray[np.float64]:
    """`count` numbers between `low` and `high`."""
    draws = uniform((count,), seed=seed, stream=stream).astype(np.float64)
    return low + (high - low) * draws


def draw_normals(shape: Sequence[int], *, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Standard normals of `shape`."""
    return normal(shape, seed=seed, stream=stream).astype(np.float64)
