"""Computed values as pixels of the type that an image has."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

LARGEST_VALUE = 1e18  # of a pixel: squares of what is larger leave float32


def to_pixel_type(values: npt.NDArray[Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Values in another type: rounded half to even and clipped for integers, NaN becoming 0.

    Examples
    --------
    >>> to_pixel_type(np.array([-3.2, 1.6, 300.0, np.nan]), "uint8").tolist()
    [0, 2, 255, 0]
    """
    if np.dtype(dtype).kind not in "iu":
        with np.errstate(over="ignore"):  # beyond float16: infinite
            return values.astype(dtype, copy=False)
    limits = np.iinfo(np.dtype(dtype))
    values = np.nan_to_num(np.rint(values.astype(np.float64)), posinf=np.inf, neginf=-np.inf)
    high = values >= float(limits.max)
    converted = np.where(high, 0, np.maximum(values, float(limits.min))).astype(dtype)
    converted[high] = limits.max
    return converted
