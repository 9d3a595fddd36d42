"""SSIM (Wang 2004) in strips that stay in the processor's cache."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from napari_fidelity.core.progress import poll
from napari_fidelity.metrics.pixels import Floats, iterate_planes
from napari_fidelity.metrics.reading import Reading

SIGMA_PX = 1.5
RADIUS_PX = 5
WINDOW_PX = 2 * RADIUS_PX + 1
K1, K2 = 0.01, 0.03
# 32 rows of 2048 px, four moments: 2 MiB. A banded product with 32 outputs does 42 multiplications
# where 11 would do, and is still six times faster than a filter along columns.
STRIP = 32


def read_ssim(test: Floats, reference: Floats, data_range: Reading, spatial_ndim: int) -> Reading:
    """SSIM of checked arrays: the mean over planes or, for `spatial_ndim` 3, over volumes."""
    if not np.isfinite(data_range.value):
        return data_range
    if test.ndim < spatial_ndim:
        return Reading.undefined(f"the image has {test.ndim} axes, the window {spatial_ndim}")
    if min(test.shape[-spatial_ndim:]) < WINDOW_PX:
        return Reading.undefined(f"a side is shorter than the window of {WINDOW_PX} px")
    constants = ((K1 * data_range.value) ** 2, (K2 * data_range.value) ** 2)
    if spatial_ndim == 3:
        volumes = np.ndindex(test.shape[:-3])
        values = [average_volume(test[i], reference[i], constants) for i in volumes]
    else:
        values = [average_plane(test[i], reference[i], constants) for i in iterate_planes(test)]
    return Reading(float(np.mean(values)))


def average_plane(test: Floats, reference: Floats, constants: tuple[float, float]) -> float:
    """Mean SSIM over the positions of a plane where the 11×11 window fits."""
    rows, columns = (side - 2 * RADIUS_PX for side in reference.shape)
    offset = float(reference.mean())  # less cancellation in E[x²] - E[x]²
    total = 0.0
    for start in range(0, rows, STRIP):
        poll()
        height = min(STRIP, rows - start)
        part = slice(start, start + height + 2 * RADIUS_PX)
        moments = stack_moments(test[part] - offset, reference[part] - offset)
        by_rows = np.matmul(banded_window(height), moments)
        whole = columns // STRIP * STRIP
        if whole:
            shape = (4, whole // STRIP, height, STRIP + 2 * RADIUS_PX)
            s = by_rows.strides
            strides = (s[0], STRIP * s[2], s[1], s[2])  # blocks overlap by the window's reach
            blocks = np.lib.stride_tricks.as_strided(by_rows, shape, strides, writeable=False)
            total += compare_moments(np.matmul(blocks, banded_window(STRIP).T), offset, constants)
        if columns > whole:
            rest = np.matmul(by_rows[..., whole:], banded_window(columns - whole).T)
            total += compare_moments(rest, offset, constants)
    return total / float(rows * columns)


def average_volume(test: Floats, reference: Floats, constants: tuple[float, float]) -> float:
    """Mean SSIM over the positions of a volume where the 11×11×11 window fits."""
    offset = float(reference.mean())
    moments = stack_moments(test - offset, reference - offset)
    inner = tuple(slice(RADIUS_PX, side - RADIUS_PX) for side in test.shape)
    reach = RADIUS_PX / SIGMA_PX
    means = [ndimage.gaussian_filter(m, SIGMA_PX, truncate=reach)[inner] for m in moments]
    return compare_moments(np.stack(means), offset, constants) / float(means[0].size)


def stack_moments(test: Floats, reference: Floats) -> Floats:
    """`x`, `y`, `x² + y²` and `x·y`: all that SSIM needs, one filter less than five."""
    moments = np.empty((4, *test.shape))
    moments[0], moments[1] = test, reference
    np.multiply(test, test, out=moments[2])
    np.multiply(reference, reference, out=moments[3])
    moments[2] += moments[3]
    np.multiply(test, reference, out=moments[3])
    return moments


def compare_moments(means: Floats, offset: float, constants: tuple[float, float]) -> float:
    """Sum of the SSIM index over windows whose four weighted means are given."""
    x, y, squares, product = means
    xy = x * y
    power = x * x
    power += y * y
    covariance = product - xy
    variances = squares - power
    # Back from values without the offset to the means themselves.
    shift = offset * (x + y) + offset**2
    xy += shift
    power += 2 * shift
    above = (2 * xy + constants[0]) * (2 * covariance + constants[1])
    return float((above / ((power + constants[0]) * (variances + constants[1]))).sum())


def banded_window(outputs: int) -> Floats:
    """Matrix (outputs, outputs + 10) that applies the normalised Gaussian window along an axis."""
    x = np.arange(-RADIUS_PX, RADIUS_PX + 1)
    window = np.exp(-0.5 * (x / SIGMA_PX) ** 2)
    window /= window.sum()
    band = np.zeros((outputs, outputs + 2 * RADIUS_PX))
    for row in range(outputs):
        band[row, row : row + WINDOW_PX] = window
    return band
