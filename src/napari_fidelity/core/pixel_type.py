"""Pixels as float32 to compute with, and computed values as pixels of a type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError

LARGEST_VALUE = 1e18  # of a pixel: squares of what is larger leave float32


def to_float32(pixels: npt.ArrayLike, name: str = "") -> npt.NDArray[np.float32]:
    """A copy of grey levels as float32; `name` is what messages call the image.

    Raises
    ------
    UserError
        Some are NaN, infinite or beyond `LARGEST_VALUE`.

    Examples
    --------
    >>> to_float32([1, float("nan")], "cells")
    Traceback (most recent call last):
    ...
    napari_fidelity.core.errors.UserError: cells holds 1 of 2 values that are NaN, infinite ...
    """
    with np.errstate(over="ignore"):  # what is too large is infinite, and told below
        values = np.array(pixels, np.float32, order="C")
    bad = values.size - int(np.count_nonzero(np.abs(values) <= LARGEST_VALUE))
    if bad:
        raise UserError(
            f"{name or 'The image'} holds {bad} of {values.size} values that are NaN, infinite or "
            f"beyond {LARGEST_VALUE:g}: replace them or crop them away."
        )
    return values


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
