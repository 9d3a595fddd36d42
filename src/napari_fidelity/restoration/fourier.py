"""Fourier transforms that methods share: fast sizes, transfer functions, borders."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch

from napari_fidelity.restoration.spec import Floats

_FACTORS = (2, 3, 5, 7)


@lru_cache(maxsize=1024)
def find_fast_size(least: int) -> int:
    """The smallest size from `least` on that has no prime factor above 7.

    Examples
    --------
    >>> find_fast_size(1088), find_fast_size(17)
    (1120, 18)
    """
    size = max(least, 1)
    while True:
        rest = size
        for factor in _FACTORS:
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return size
        size += 1


def transform_kernel(kernel: Floats, shape: Sequence[int], device: torch.device) -> torch.Tensor:
    """The transfer function of a centred kernel on a periodic grid of `shape`, complex64.

    Parameters
    ----------
    kernel : ndarray
        Odd sides, none larger than that of the grid.
    shape : sequence of int
        The grid; the last axis of the result has `shape[-1] // 2 + 1` entries.
    device : torch.device
        Where the result lies.
    """
    padded = torch.zeros(tuple(shape), dtype=torch.float32, device=device)
    values = torch.tensor(kernel, dtype=torch.float32, device=device)  # a copy: may be read-only
    padded[tuple(slice(side) for side in kernel.shape)] = values
    shifts = [-(side // 2) for side in kernel.shape]
    padded = torch.roll(padded, shifts, dims=tuple(range(kernel.ndim)))
    return transform(padded, shape)


def transform(values: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """The half spectrum of `values` at the start of a grid of `shape`, zeros after them.

    On the processor its memory lies axis by axis as PyTorch left it; spectra made here multiply
    fastest with each other.
    """
    *others, last = shape
    half: torch.Tensor = torch.fft.rfft(values, n=last)
    for axis in reversed(range(len(others))):
        half = torch.fft.fft(half, n=others[axis], dim=axis)
    return half


def invert(
    spectrum: torch.Tensor, shape: Sequence[int], kept: Sequence[int] | None = None
) -> torch.Tensor:
    """The first `kept` values along each axis of the grid whose half spectrum is given.

    Faster than PyTorch's `irfftn` on the processor, which copies its input first.
    """
    kept = shape if kept is None else kept
    for axis, size in enumerate(kept[:-1]):
        spectrum = torch.fft.ifft(spectrum, dim=axis).narrow(axis, 0, size)
    values: torch.Tensor = torch.fft.irfft(spectrum, n=shape[-1])
    return values[..., : kept[-1]]


def extend_periodically(array: Floats, shape: Sequence[int]) -> Floats:
    """`array` at the start of a larger periodic grid whose seam nobody sees.

    Along each axis the gap is filled with the image mirrored at its last line and, before it
    starts anew, at its first line; one fades into the other in the middle half of the gap.
    Without a step anywhere, and with a gap wider than its reach on both sides, a linear filter
    leaves no ghost of the opposite border.

    Parameters
    ----------
    array : ndarray
        Plane or volume, float32.
    shape : sequence of int
        The grid, no side smaller than the array's.

    Examples
    --------
    >>> extend_periodically(np.array([[0, 1, 2, 3]], np.float32), (1, 7)).round(2).tolist()
    [[0.0, 1.0, 2.0, 3.0, 2.0, 1.5, 1.0]]
    """
    for axis, (size, wanted) in enumerate(zip(array.shape, shape, strict=True)):
        gap = wanted - size
        if gap == 0:
            continue
        steps = np.arange(gap)
        after = np.take(array, _mirror(size - 2 - steps, size), axis=axis)
        before = np.take(array, _mirror(gap - steps, size), axis=axis)
        place = np.clip(2 * (steps + 1) / (gap + 1) - 0.5, 0, 1)
        weight = (place * place * (3 - 2 * place)).astype(np.float32)
        weight = weight.reshape([-1 if a == axis else 1 for a in range(array.ndim)])
        array = np.concatenate([array, after + weight * (before - after)], axis=axis)
    return array


def _mirror(indices: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.intp]:
    if size == 1:
        return np.zeros_like(indices)
    indices = np.abs(indices) % (2 * size - 2)
    return np.minimum(indices, 2 * size - 2 - indices)
