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
GRIDS = {2: 1024, 3: 128}  # sides of the grids on which responses are measured
SEEN_SHARE = 0.03


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
    roughness = transform_kernel(build_laplacian(array.ndim, array.shape), shape, device)
    values = torch.tensor(extend_periodically(array, shape), device=device)
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


def measure_reach(kernel: Floats, balance: float) -> tuple[int, ...] | None:
    """How far the filter of this very kernel is reached along each axis; None if by everything.

    Where the transfer function of the PSF has zeros, as that of motion or strong defocus, the
    filter rings far beyond the width of the PSF. What its response has further away than the
    reach is 3 % of the range in the worst case, and some 0.1 % in images.
    """
    shape = [max(2 * side, GRIDS[kernel.ndim]) for side in kernel.shape]
    device = open_device()
    transfer = transform_kernel(kernel, shape, device)
    roughness = transform_kernel(build_laplacian(kernel.ndim), shape, device)
    spectrum = transfer.conj() / (transfer.abs().square() + balance * roughness.abs().square())
    response = invert(spectrum, shape).abs().cpu().numpy()
    found = []
    for axis, size in enumerate(shape):
        others = tuple(other for other in range(kernel.ndim) if other != axis)
        line = response.sum(axis=others, dtype=np.float64)
        middle = size // 2
        both = line[1 : middle + 1] + line[: middle - 1 : -1][:middle]  # to either side
        beyond = both[::-1].cumsum()[::-1]
        far = int(np.count_nonzero(beyond > SEEN_SHARE))
        if far > middle // 2:  # the grid is too small to tell
            return None
        found.append(far)
    return tuple(found)


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


def build_laplacian(ndim: int, image_shape: tuple[int, ...] = ()) -> Floats:
    """The discrete Laplacian of `ndim` axes, which sums to 0; none along axes of a single pixel.

    Examples
    --------
    >>> build_laplacian(2).tolist()
    [[0.0, -1.0, 0.0], [-1.0, 4.0, -1.0], [0.0, -1.0, 0.0]]
    >>> build_laplacian(2, (1, 50)).tolist()
    [[-1.0, 2.0, -1.0]]
    """
    sides = tuple(3 if size > 1 else 1 for size in image_shape or (3,) * ndim)
    middle = tuple(side // 2 for side in sides)
    kernel = np.zeros(sides, np.float32)
    for axis, side in enumerate(sides):
        for place in (0, 2)[: side - 1]:
            kernel[tuple(place if a == axis else at for a, at in enumerate(middle))] = -1
    kernel[middle] = -kernel.sum()
    return kernel
