"""The Wiener–Hunt filter in Fourier space."""

from __future__ import annotations

from math import ceil

import numpy as np
import torch

from napari_fidelity.restoration.device import open_device
from napari_fidelity.restoration.fourier import (
    extend_periodically,
    find_fast_size,
    invert,
    transform,
    transform_kernel,
)
from napari_fidelity.restoration.spec import Floats

SPARE_PX = 16
SMOOTHING_PX = 14  # times the fourth root of the balance: where a smoothing spline has faded


def filter_block(array: Floats, kernel: Floats, balance: float) -> Floats:
    """`array` filtered by ``conj(H) / (|H|² + balance · |L|²)``.

    Parameters
    ----------
    array : ndarray
        Plane or volume, float32.
    kernel : ndarray
        From `prepare_kernel`.
    balance : float
        Weight of the squared Laplacian.
    """
    device = open_device()
    shape = find_grid(array.shape, kernel.shape, balance)
    transfer = transform_kernel(kernel, shape, device)
    roughness = transform_kernel(build_laplacian(array.ndim), shape, device)
    values = torch.from_numpy(extend_periodically(array, shape)).to(device)
    spectrum = transform(values, shape)
    spectrum *= transfer.conj()
    spectrum /= transfer.abs().square() + balance * roughness.abs().square()
    return np.ascontiguousarray(invert(spectrum, shape, array.shape).cpu().numpy())


def find_reach(kernel_shape: tuple[int, ...], balance: float) -> tuple[int, ...]:
    """How far the filter is reached by other pixels: 1e-4 of the range and less beyond.

    Examples
    --------
    >>> find_reach((9, 9), 0.01), find_reach((9, 9), 1e4)
    ((30, 30), (165, 165))
    """
    smoothing = ceil(SMOOTHING_PX * balance**0.25)
    return tuple(side + SPARE_PX + smoothing for side in kernel_shape)


def find_grid(
    shape: tuple[int, ...], kernel_shape: tuple[int, ...], balance: float = 1.0
) -> tuple[int, ...]:
    """A fast periodic grid with a gap of twice the filter's reach after the image.

    Examples
    --------
    >>> find_grid((100, 50), (9, 9))
    (180, 128)
    """
    reach = find_reach(kernel_shape, balance)
    return tuple(
        find_fast_size(size + 2 * far) if size > 1 else size
        for size, far in zip(shape, reach, strict=True)
    )


def build_laplacian(ndim: int) -> Floats:
    """The discrete Laplacian of `ndim` axes, which sums to 0.

    Examples
    --------
    >>> build_laplacian(2).tolist()
    [[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]
    """
    kernel = np.zeros((3,) * ndim, np.float32)
    for axis in range(ndim):
        for place in (0, 2):
            kernel[tuple(place if a == axis else 1 for a in range(ndim))] = -1
    kernel[(1,) * ndim] = 2 * ndim
    return kernel
