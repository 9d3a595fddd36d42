"""A mask as a network sees it: foreground, and the boundary between touching objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

CHANNELS = ("foreground", "boundary")
REACH_PX = 1


def encode_mask(labels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Two planes for one: where an object is, and where it touches *another* object.

    Parameters
    ----------
    labels : ndarray, shape (Y, X)
        Bool, or integers with 0 for background and one number an object.

    Returns
    -------
    ndarray of float32, shape (2, Y, X)
        Foreground, and the foreground pixels of which one of the eight neighbours belongs to
        another object; all zero for a boolean mask. A pixel depends on neighbours at
        `REACH_PX` or closer.

    Examples
    --------
    >>> encode_mask(np.array([[1, 1, 2, 0]]))[1]
    array([[0., 1., 1., 0.]], dtype=float32)
    """
    foreground = labels > 0
    boundary = np.zeros(labels.shape, bool)
    if labels.dtype != bool:
        for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
            here, there = _overlap(shift)
            differ = (labels[here] != labels[there]) & foreground[here] & foreground[there]
            boundary[here] |= differ
            boundary[there] |= differ
    return np.stack([foreground, boundary]).astype(np.float32)


def count_noise(in_channels: int) -> int:
    """How many planes of noise a network with so many channels takes after those of the mask.

    Examples
    --------
    >>> [count_noise(channels) for channels in (1, 2, 3, 5)]
    [0, 0, 1, 3]
    """
    return max(in_channels - len(CHANNELS), 0)


def _overlap(shift: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices that pair each pixel with its neighbour at `shift`."""
    here = tuple(slice(max(0, -s), None if s <= 0 else -s) for s in shift)
    there = tuple(slice(max(0, s), None if s >= 0 else s) for s in shift)
    return (here[0], here[1]), (there[0], there[1])
