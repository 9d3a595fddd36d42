"""A point spread function made ready: finite, not negative, odd sides, sum 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.restoration.spec import Floats


def prepare_kernel(
    psf: npt.NDArray[Any] | None,  # Any: real numbers
    shape: tuple[int, ...],
) -> Floats:
    """The point spread function as a method applies it to an image of `shape`.

    A side of even length gets a line of zeros on the side that brings the centre of mass
    nearest to the middle pixel, so that nothing is shifted by more than half a pixel. What a
    measurement left below zero becomes zero.

    Parameters
    ----------
    psf : ndarray
        As many axes as the image, float or integer, in any unit.
    shape : tuple of int
        Shape of the plane or volume.

    Returns
    -------
    ndarray
        float32, odd sides, sum 1.

    Raises
    ------
    UserError
        None given, another number of axes, larger than the image, NaN, or nothing above zero.

    Examples
    --------
    >>> prepare_kernel(np.array([[0.0, 1, 1]]), (8, 8)).tolist()
    [[0.0, 0.5, 0.5]]
    >>> prepare_kernel(np.array([[1.0, 3]]), (8, 8)).tolist()
    [[0.25, 0.75, 0.0]]
    """
    if psf is None:
        raise UserError(
            "The PSF is missing: state the objective and the wavelength, or give a measured PSF."
        )
    if psf.ndim != len(shape):
        raise UserError(
            f"The PSF has {psf.ndim} axes, the image {len(shape)}: restore plane by plane with a "
            "PSF of two axes, a volume with one of three."
        )
    if any(side > size for side, size in zip(psf.shape, shape, strict=True)):
        raise UserError(
            f"The PSF of {_spell(psf.shape)} px is larger than the image of {_spell(shape)} px: "
            "crop the PSF or take a larger image."
        )
    values = psf.astype(np.float64)
    if not np.isfinite(values).all():
        raise UserError("The PSF holds values that are NaN or infinite: measure it again.")
    values = np.maximum(values, 0)
    total = float(values.sum())
    if total <= 0:
        raise UserError("The PSF holds nothing above 0: choose another one.")
    values /= total
    return np.ascontiguousarray(_make_odd(values), dtype=np.float32)


def find_radius(kernel_shape: tuple[int, ...]) -> tuple[int, ...]:
    """How far a kernel of odd sides reaches along each axis, in pixels.

    Examples
    --------
    >>> find_radius((1, 5, 7))
    (0, 2, 3)
    """
    return tuple(side // 2 for side in kernel_shape)


def _make_odd(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    for axis, side in enumerate(values.shape):
        if side % 2:
            continue
        others = tuple(other for other in range(values.ndim) if other != axis)
        centre = float((values.sum(axis=others) * np.arange(side)).sum())
        line = [(0, 0)] * values.ndim
        line[axis] = (0, 1) if centre > (side - 1) / 2 else (1, 0)
        values = np.pad(values, line)
    return values


def _spell(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
