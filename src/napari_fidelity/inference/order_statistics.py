"""Percentiles of images too large for memory, exact, by counting keys digit by digit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]  # Any: every real dtype is counted
DIGIT_BITS = 16


@dataclass(frozen=True)
class OrderStatistics:
    """What counting found.

    Attributes
    ----------
    pixels, finite : int
        All pixels, and those that are neither NaN nor infinite.
    minimum, maximum : float
        Of the finite pixels; NaN where there is none.
    percentiles : tuple of float
        One for each that was asked for; NaN where no pixel is finite.
    """

    pixels: int
    finite: int
    minimum: float
    maximum: float
    percentiles: tuple[float, ...]


def count_percentiles(
    blocks: Callable[[], Iterator[Pixels]], percentages: Sequence[float]
) -> OrderStatistics:
    """Percentiles of the finite pixels of all blocks together.

    Every value is turned into an unsigned key of the same order, and keys are counted 16 bits
    at a time: one pass for 8 and 16 bits, two for 32, four for 64, whatever outliers there are.
    The order statistics are exact; between two of them the percentile is interpolated as
    `numpy.percentile` does by default. Counts are 64-bit: any number of pixels below 2⁶³.

    Parameters
    ----------
    blocks : callable
        Starts a pass: yields arrays of one real dtype, of any shapes.
    percentages : sequence of float
        Each from 0 to 100.

    Examples
    --------
    >>> found = count_percentiles(lambda: iter([np.arange(50), np.arange(50, 101)]), (1, 99.5))
    >>> found.percentiles, found.finite
    ((1.0, 99.5), 101)
    """
    first = _count_first_digit(blocks)
    if first.finite == 0:
        nan = float("nan")
        return OrderStatistics(first.pixels, 0, nan, nan, (nan,) * len(percentages))
    positions = [percent / 100 * (first.finite - 1) for percent in percentages]
    ranks = {int(position) for position in positions}
    ranks |= {min(rank + 1, first.finite - 1) for rank in ranks} | {0, first.finite - 1}
    values = _select(blocks, first, sorted(ranks))
    percentiles = []
    for position in positions:
        rank = int(position)
        low, high = values[rank], values[min(rank + 1, first.finite - 1)]
        percentiles.append(low + (high - low) * (position - rank) if high > low else low)
    return OrderStatistics(
        first.pixels, first.finite, values[0], values[first.finite - 1], tuple(percentiles)
    )


@dataclass(frozen=True)
class _FirstPass:
    pixels: int
    finite: int
    dtype: np.dtype[Any]
    counts: npt.NDArray[np.int64]  # of the highest digit


def _count_first_digit(blocks: Callable[[], Iterator[Pixels]]) -> _FirstPass:
    counts = np.zeros(1, np.int64)
    pixels, finite, dtype = 0, 0, np.dtype(np.uint8)
    for block in blocks():
        keys, dtype = _order_keys(block)
        bits = 8 * dtype.itemsize
        if counts.size == 1:
            counts = np.zeros(1 << min(bits, DIGIT_BITS), np.int64)
        digits = (keys >> _shift(bits)).astype(np.intp)
        counts += np.bincount(digits, minlength=counts.size)
        pixels += block.size
        finite += keys.size
    return _FirstPass(pixels, finite, dtype, counts)


def _shift(bits: int) -> int:
    return max(bits - DIGIT_BITS, 0)


def _select(
    blocks: Callable[[], Iterator[Pixels]], first: _FirstPass, ranks: list[int]
) -> dict[int, float]:
    """The values of the given ranks among the finite pixels, in ascending order."""
    found = {rank: _descend(0, rank, first.counts) for rank in ranks}
    for shift in range(_shift(8 * first.dtype.itemsize) - DIGIT_BITS, -1, -DIGIT_BITS):
        counts = {prefix: np.zeros(1 << DIGIT_BITS, np.int64) for prefix, _ in found.values()}
        for block in blocks():
            keys, _ = _order_keys(block)
            heads = keys >> (shift + DIGIT_BITS)
            for prefix in counts:
                digits = (keys[heads == prefix] >> shift) & 0xFFFF
                counts[prefix] += np.bincount(digits.astype(np.intp), minlength=1 << DIGIT_BITS)
        found = {
            rank: _descend(prefix, within, counts[prefix])
            for rank, (prefix, within) in found.items()
        }
    return {rank: _value_of(key, first.dtype) for rank, (key, _) in found.items()}


def _descend(prefix: int, rank: int, counts: npt.NDArray[np.int64]) -> tuple[int, int]:
    """The key so far with its next digit, and the rank among the keys that start so."""
    above = np.cumsum(counts)
    digit = int(np.searchsorted(above, rank, side="right"))
    before = int(above[digit - 1]) if digit else 0
    return prefix * counts.size + digit, rank - before


def _order_keys(block: Pixels) -> tuple[npt.NDArray[Any], np.dtype[Any]]:
    """Unsigned keys in the order of the finite values, and the dtype that they stand for."""
    block = np.asarray(block).ravel()
    if block.dtype == bool:
        block = block.view(np.uint8)
    if block.dtype.kind == "f" and block.dtype.itemsize > 8:
        block = block.astype(np.float64)
    block = block.astype(block.dtype.newbyteorder("="), copy=False)
    bits = 8 * block.dtype.itemsize
    if block.dtype.kind == "u":
        return block, block.dtype
    unsigned = np.dtype(f"u{block.dtype.itemsize}").type
    sign = unsigned(1 << (bits - 1))
    if block.dtype.kind == "i":
        return np.ascontiguousarray(block).view(unsigned) ^ sign, block.dtype
    is_finite = np.isfinite(block)
    if not is_finite.all():
        block = block[is_finite]
    # A float's bits grow with its size: the sign bit is flipped, of negative numbers all are.
    raw = np.ascontiguousarray(block).view(unsigned)
    return np.where(raw & sign, ~raw, raw | sign), block.dtype


def _value_of(key: int, dtype: np.dtype[Any]) -> float:
    sign = 1 << (8 * dtype.itemsize - 1)
    if dtype.kind == "u":
        return float(key)
    if dtype.kind == "i":
        return float(key - sign)
    raw = key ^ sign if key & sign else key ^ (2 * sign - 1)
    return float(np.array([raw], f"u{dtype.itemsize}").view(dtype)[0])
