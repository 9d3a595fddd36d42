"""A point spread function made ready for an image: it fits, its sides are odd, its sum is 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.restoration.spec import Floats
from napari_fidelity.simulation.psf import build_psf


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
    check_kernel_fits(psf.shape, shape)
    kernel = build_psf(psf, (1.0,) * psf.ndim).array
    return np.require(kernel, requirements=["C", "W"])  # tensors refuse what is read-only


def trim_kernel(kernel: Floats, share: float) -> Floats:
    """The middle of a PSF that holds `share` of its light, cut along Y and X alone, sum 1.

    The light of a diffraction pattern fades so slowly that a PSF which holds all of it reaches
    over half an image; what is far away is a haze that no method tells from background.

    Examples
    --------
    >>> wide = np.full((5, 5), 0.001, np.float32)
    >>> wide[2, 2] = 1
    >>> trim_kernel(wide, 0.98).shape
    (3, 3)
    """
    planes = kernel.sum(axis=tuple(range(kernel.ndim - 2)), dtype=np.float64)
    rows, columns = (np.abs(np.arange(side) - side // 2) for side in planes.shape)
    away = np.maximum(rows[:, None], columns)
    held = np.bincount(away.ravel(), planes.ravel()).cumsum()
    reach = int(np.searchsorted(held, share * held[-1]))
    middle = [side // 2 for side in planes.shape]
    rows_kept, columns_kept = (slice(max(m - reach, 0), m + reach + 1) for m in middle)
    trimmed = kernel[..., rows_kept, columns_kept]
    return np.ascontiguousarray(trimmed / trimmed.sum(dtype=np.float64), dtype=np.float32)


def check_kernel_fits(psf_shape: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse a PSF that has not the axes of the image or is larger.

    Raises
    ------
    UserError
        The sentence names both shapes.
    """
    if len(psf_shape) != len(shape):
        raise UserError(
            f"The PSF has {len(psf_shape)} axes, what is restored has {len(shape)}: take a plane "
            "for planes, a volume for volumes."
        )
    if any(side > size for side, size in zip(psf_shape, shape, strict=True)):
        raise UserError(
            f"The PSF of {spell_shape(psf_shape)} px is larger than the image of "
            f"{spell_shape(shape)} px: crop the PSF or take a larger image."
        )
