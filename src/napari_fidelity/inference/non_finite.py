"""NaN and infinite pixels: filled before a network, and put back wherever they could reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import maximum_filter1d

Floats = npt.NDArray[np.float32]


def fill_holes(values: Floats) -> npt.NDArray[np.bool_] | None:
    """Set NaN and infinite pixels to 0 in place, and tell where any channel had one.

    Parameters
    ----------
    values : ndarray, shape (channel, [Z,] Y, X)

    Returns
    -------
    ndarray of bool, shape ([Z,] Y, X), or None
        None: every pixel is finite.
    """
    is_finite = np.isfinite(values)
    if is_finite.all():
        return None
    values[~is_finite] = 0
    return np.asarray(np.any(~is_finite, axis=0))


def widen_holes(holes: npt.NDArray[np.bool_], reach_px: int) -> npt.NDArray[np.bool_]:
    """Every pixel within `reach_px` of a hole along all axes: the square or cube around it."""
    widened = holes.astype(np.uint8)
    for axis in range(holes.ndim):
        widened = maximum_filter1d(widened, 2 * reach_px + 1, axis=axis, mode="constant")
    return widened.astype(bool)
