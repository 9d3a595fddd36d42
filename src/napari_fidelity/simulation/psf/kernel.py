"""A PSF as pixels, with their size and what is to be said about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.shape_text import spell_shape

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Psf:
    """A point spread function on pixels.

    Attributes
    ----------
    array : ndarray of float32
        YX or ZYX, odd sides, not negative, sum 1, read-only; the point is the middle pixel.
    scale_um : tuple of float
        Size of a pixel along each axis, micrometers.
    warnings : tuple of str
        Sentences for a person.
    """

    array: Floats
    scale_um: tuple[float, ...]
    warnings: tuple[str, ...] = ()


def build_psf(
    values: npt.NDArray[Any],  # Any: real numbers of every type
    scale_um: Sequence[float],
    warnings: Sequence[str] = (),
) -> Psf:
    """A PSF of `values`: negative ones become 0, the sum 1; an even side gets a row of zeros.

    The row is added where it brings the point's centre of mass nearer to the middle pixel.

    Raises
    ------
    UserError
        Neither YX nor ZYX, NaN or infinite, nothing above 0, or pixel sizes that do not fit.

    Examples
    --------
    >>> psf = build_psf(np.array([[0, 0, 0, 0], [0, 0, 3, 0], [0, 0, 0, 0]]), (0.1, 0.1))
    >>> psf.array.shape, psf.array[1].tolist()
    ((3, 5), [0.0, 0.0, 1.0, 0.0, 0.0])
    """
    sizes = check_sizes(scale_um)
    if values.ndim not in (2, 3) or values.ndim != len(sizes):
        raise UserError(
            f"A PSF of shape {values.shape} with {len(sizes)} pixel sizes cannot be used: give YX "
            "or ZYX and one size per axis."
        )
    numbers = values.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise UserError("The PSF holds NaN or infinite values: replace them first.")
    numbers = np.maximum(numbers, 0)
    if not numbers.any():
        raise UserError("The PSF holds no value above 0: choose an image of a point.")
    numbers = np.pad(numbers, _missing_rows(numbers))
    kernel = (numbers / numbers.sum()).astype(np.float32)
    kernel.flags.writeable = False
    return Psf(kernel, sizes, tuple(warnings))


def check_sizes(scale_um: Sequence[float]) -> tuple[float, ...]:
    """Pixel sizes as a tuple.

    Raises
    ------
    UserError
        One is not above 0, or there are neither two nor three.

    Examples
    --------
    >>> check_sizes((0, 0.1))
    Traceback (most recent call last):
    ...
    napari_fidelity.core.errors.UserError: The pixel size is 0×0.1 µm: it must be more than 0.
    """
    sizes = tuple(float(size) for size in scale_um)
    if not all(0 < size < float("inf") for size in sizes):
        spelled = "×".join(f"{size:g}" for size in sizes)
        raise UserError(f"The pixel size is {spelled} µm: it must be more than 0.")
    if len(sizes) not in (2, 3):
        raise UserError(f"{len(sizes)} pixel sizes were given: a PSF needs those of YX or ZYX.")
    return sizes


def crop_psf(psf: Psf, shape: Sequence[int]) -> Psf:
    """`psf` without what reaches beyond an image of `shape` (its last axes count), sum 1.

    Examples
    --------
    >>> wide = build_psf(np.ones((9, 9)), (0.1, 0.1))
    >>> crop_psf(wide, (5, 8, 6)).array.shape
    (7, 5)
    """
    room = [side - (side + 1) % 2 for side in shape[-psf.array.ndim :]]
    sides = [min(side, most) for side, most in zip(psf.array.shape, room, strict=True)]
    if list(psf.array.shape) == sides:
        return psf
    kept = psf.array[centred(psf.array.shape, sides)]
    warning = f"The PSF was cut to {spell_shape(sides)} pixels to fit the image."
    return build_psf(kept, psf.scale_um, (*psf.warnings, warning))


def centred(shape: Sequence[int], sides: Sequence[int]) -> tuple[slice, ...]:
    """The middle `sides` of an array of `shape`, both odd."""
    return tuple(
        slice((side - kept) // 2, (side + kept) // 2)
        for side, kept in zip(shape, sides, strict=True)
    )


def _missing_rows(numbers: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Rows of zeros before and after that make each side odd."""
    rows = []
    for axis, side in enumerate(numbers.shape):
        if side % 2:
            rows.append((0, 0))
            continue
        weights = numbers.sum(axis=tuple(a for a in range(numbers.ndim) if a != axis))
        centre = float(np.average(np.arange(side), weights=weights))
        rows.append((0, 1) if centre > (side - 1) / 2 else (1, 0))
    return rows
