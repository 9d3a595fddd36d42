"""The Wiener–Hunt filter in Fourier space."""

from __future__ import annotations

import numpy as np
import torch

from napari_fidelity.restoration.device import open_device
from napari_fidelity.restoration.fourier import (
    extend_periodically,
    find_fast_size,
    transform_kernel,
)
from napari_fidelity.restoration.spec import Floats


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
    shape = find_grid(array.shape, kernel.shape)
    transfer = transform_kernel(kernel, shape, device)
    roughness = transform_kernel(build_laplacian(array.ndim), shape, device)
    spectrum = torch.fft.rfftn(torch.from_numpy(extend_periodically(array, shape)).to(device))
    spectrum *= transfer.conj()
    spectrum /= transfer.abs().square() + balance * roughness.abs().square()
    restored = torch.fft.irfftn(spectrum, s=shape)
    inner = tuple(slice(side) for side in array.shape)
    return np.ascontiguousarray(restored[inner].cpu().numpy())


def find_grid(shape: tuple[int, ...], kernel_shape: tuple[int, ...]) -> tuple[int, ...]:
    """A fast periodic grid with a gap of the kernel's width after the image.

    Examples
    --------
    >>> find_grid((100, 50), (9, 9))
    (112, 60)
    """
    return tuple(
        find_fast_size(size + max(side, 3)) if side > 1 or size > 1 else size
        for size, side in zip(shape, kernel_shape, strict=True)
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
