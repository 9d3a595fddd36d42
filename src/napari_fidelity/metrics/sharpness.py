"""Second derivatives of an image, plane by plane: the sharpness that BFM compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from scipy import ndimage

from napari_fidelity.metrics.bands import cut_rows, in_bands
from napari_fidelity.metrics.pixels import Bools, Floats, iterate_planes
from napari_fidelity.metrics.products import sum_products
from napari_fidelity.metrics.settings import Border

LOG_SIGMA_PX = 2.0
LOG_RADIUS_PX = 8  # 4 σ: what is cut off weighs less than 1e-3 of the kernel


def laplacian(image: Floats, border: Border) -> Floats:
    """Each YX plane under the 3×3 kernel `[1 4 1; 4 -20 4; 1 4 1] / 6`.

    Parameters
    ----------
    image : ndarray of float64, (..., Y, X)
        Planes; they do not see each other.
    border : {"valid", "zero"}
        `"valid"` keeps only positions where the kernel fits, (..., Y-2, X-2); `"zero"` pads
        with zeros and keeps the shape.

    Examples
    --------
    >>> laplacian(np.eye(3), "valid").tolist()
    [[-3.0]]
    """
    if border == "zero":
        image = np.pad(image, [(0, 0)] * (image.ndim - 2) + [(1, 1), (1, 1)])
    # The kernel is the outer product of [1 4 1] with itself, less 36 in the middle.
    out = np.empty((*image.shape[:-2], *(max(side - 2, 0) for side in image.shape[-2:])))
    for index in iterate_planes(out):
        for start, stop in cut_rows(out[index].shape):
            rows = image[index][start : stop + 2]
            columns = rows[:-2] + 4 * rows[1:-1] + rows[2:]
            both = columns[:, :-2] + 4 * columns[:, 1:-1] + columns[:, 2:]
            out[index][start:stop] = (both - 36 * rows[1:-1, 1:-1]) / 6
    return out


def laplacian_of_gaussian(image: Floats, border: Border) -> Floats:
    """Each YX plane under a Laplacian of Gaussian of σ 2 px, cut at 8 px.

    The one-dimensional second derivative is made to sum to 0, so that a camera's offset has no
    sharpness (sampled, it sums to -9e-5, as much as a tenth of the noise at an offset of 100).
    Shapes as `laplacian`, with a border of 8 px.
    """
    x = np.arange(-LOG_RADIUS_PX, LOG_RADIUS_PX + 1)
    gauss = np.exp(-0.5 * (x / LOG_SIGMA_PX) ** 2)
    gauss /= gauss.sum()
    second = gauss * (x**2 / LOG_SIGMA_PX**2 - 1) / LOG_SIGMA_PX**2
    second -= gauss * second.sum()
    out = np.zeros(image.shape)
    for index in iterate_planes(image):
        for kernels in ((second, gauss), (gauss, second)):
            out[index] += in_bands(partial(_correlate, kernels), image[index], LOG_RADIUS_PX)
    return crop_border(out, LOG_RADIUS_PX) if border == "valid" else out


def _correlate(kernels: tuple[Floats, Floats], plane: Floats) -> Floats:
    """A plane under one kernel along Y and another along X, zero outside."""
    rows = ndimage.correlate1d(plane, kernels[0], axis=0, mode="constant")
    return np.asarray(ndimage.correlate1d(rows, kernels[1], axis=1, mode="constant"), np.float64)


def crop_border(image: Floats, width: int) -> Floats:
    """Each YX plane without its outer `width` pixels; empty where none are left."""
    rows, columns = (max(side - width, width) for side in image.shape[-2:])
    return image[..., width:rows, width:columns]


def crop_region(region: Bools, filtered: Floats) -> Bools:
    """`region` cut to the positions that a filter has kept."""
    width = (region.shape[-2] - filtered.shape[-2]) // 2
    return region[..., width : width + filtered.shape[-2], width : width + filtered.shape[-1]]


def sum_energy(filtered: Floats) -> float:
    """`Σ (∇²I)²`."""
    flat = filtered.ravel()
    return float(sum_products(flat, flat))


def sum_absolute(filtered: Floats) -> float:
    """`Σ |∇²I|`."""
    return float(np.abs(filtered).sum())


SHARPNESS: Mapping[str, Callable[[Floats], float]] = {
    "energy": sum_energy,
    "absolute": sum_absolute,
}
# The power of the gain that each sum carries.
GAIN_POWER: Mapping[str, int] = {"energy": 2, "absolute": 1}
