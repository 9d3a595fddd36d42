"""Smooth random fields and plain draws, keyed by seed and stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.random import normal, uniform

_TRUNCATE = 3.0
# A block of rows and columns at a time: products so small are not shared out to threads, which
# would cost more than they bring, and take a tenth of the time of `ndimage.gaussian_filter1d`.
_BLOCK = 32


def smooth_field(
    shape: Sequence[int],
    sigmas_px: Sequence[float],
    *,
    seed: int,
    stream: int,
    origin: Sequence[int] | None = None,
) -> npt.NDArray[np.float32]:
    """A Gaussian random field of mean 0 and variance 1 with Gaussian correlation.

    White keyed noise under a Gaussian of `sigmas_px`, one SD an axis and 0 for none, divided by
    the root of the sum of its squared weights. The noise goes on beyond the borders, so a crop
    that knows its `origin` holds the pixels of the whole.

    Examples
    --------
    >>> field = smooth_field((200, 200), (2, 2), seed=1, stream=0)
    >>> abs(float(field.std()) - 1) < 0.1
    True
    """
    pads = [int(_TRUNCATE * sigma + 0.5) for sigma in sigmas_px]
    first = tuple(origin) if origin is not None else (0,) * len(shape)
    field = normal(
        [size + 2 * pad for size, pad in zip(shape, pads, strict=True)],
        seed=seed,
        stream=stream,
        origin=[start - pad for start, pad in zip(first, pads, strict=True)],
    )
    gain = 1.0
    for axis, (sigma, pad) in enumerate(zip(sigmas_px, pads, strict=True)):
        if pad > 0:
            kernel = np.exp(-0.5 * (np.arange(-pad, pad + 1) / sigma) ** 2)
            kernel /= kernel.sum()
            field = np.moveaxis(_filter_lines(np.moveaxis(field, axis, 0), kernel), 0, axis)
            gain *= float(np.linalg.norm(kernel))
    return np.asarray(field / np.float32(gain), np.float32)


def _filter_lines(
    field: npt.NDArray[np.float32], kernel: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """The first axis under a symmetric kernel, only where the kernel lies inside the field.

    Sums are of 64 bits, as in `scipy.ndimage`, and rounded once.
    """
    reach = len(kernel) - 1
    lines = field.reshape(len(field), -1)
    result = np.empty((len(field) - reach, lines.shape[1]), np.float32)
    band = np.zeros((_BLOCK, _BLOCK + reach))
    for row in range(_BLOCK):
        band[row, row : row + len(kernel)] = kernel
    for top in range(0, len(result), _BLOCK):
        rows = min(_BLOCK, len(result) - top)
        source = lines[top : top + rows + reach].astype(np.float64)
        for left in range(0, lines.shape[1], _BLOCK):
            columns = slice(left, left + _BLOCK)
            result[top : top + rows, columns] = band[:rows, : rows + reach] @ source[:, columns]
    return result.reshape(-1, *field.shape[1:])


def draw_uniforms(
    count: int, *, seed: int, stream: int, low: float = 0.0, high: float = 1.0
) -> npt.NDArray[np.float64]:
    """`count` numbers between `low` and `high`."""
    draws = uniform((count,), seed=seed, stream=stream).astype(np.float64)
    return low + (high - low) * draws


def draw_normals(shape: Sequence[int], *, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Standard normals of `shape`."""
    return normal(shape, seed=seed, stream=stream).astype(np.float64)
