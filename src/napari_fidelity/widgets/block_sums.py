"""Checksums of an array block by block: what changed in it, without a second copy of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]  # Any: every shape and dtype
Box = tuple[tuple[int, ...], tuple[int, int], tuple[int, int]]  # leading index, start, stop
BLOCK_PX = 256  # 8192² pixels in 1024 sums; one row of blocks takes a worker some 3 ms


class BlockSums:
    """What an array held when it was last summed, by blocks of 256² pixels of each plane.

    A block that was marked is unknown until it is summed again. Sums may be taken on a worker
    (`sum_row`), a row of blocks at a time; `take_row` and `mark` belong to one thread.

    Parameters
    ----------
    shape : tuple of int
        Shape of the array: leading axes, Y, X.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(int(size) for size in shape)
        rows, columns = (-(-size // BLOCK_PX) for size in self.shape[-2:])
        grid = (*self.shape[:-2], rows, columns)
        self._sums = np.zeros(grid, np.uint32)
        self._known = np.zeros(grid, bool)

    def rows(self) -> Iterator[tuple[int, ...]]:
        """Index of every row of blocks: leading axes, then the row."""
        return np.ndindex(self._sums.shape[:-1])

    def unknown_rows(self) -> list[tuple[int, ...]]:
        """Index of every row with a block that was marked."""
        return [row for row in self.rows() if not self._known[row].all()]

    def mark(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> None:
        """Say that the pixels of the plane `index` from `start` to `stop` may have changed."""
        first = [max(0, edge) // BLOCK_PX for edge in start]
        last = [-(-edge // BLOCK_PX) for edge in stop]
        self._known[tuple(index)][first[0] : last[0], first[1] : last[1]] = False

    def expect_row(self, row: tuple[int, ...]) -> npt.NDArray[np.bool_]:
        """Which blocks of `row` were known; from now on edits are marked against the new sums."""
        known = np.array(self._known[row])
        self._known[row] = True
        return known

    def take_row(
        self,
        row: tuple[int, ...],
        sums: npt.NDArray[np.uint32],
        known: npt.NDArray[np.bool_] | None = None,
    ) -> list[Box]:
        """Boxes of the blocks of `row` that are other than noted, or unknown; notes `sums`."""
        known = self.expect_row(row) if known is None else known
        changed = ~known | (self._sums[row] != sums)
        self._sums[row] = sums
        height, width = self.shape[-2:]
        top, bottom = row[-1] * BLOCK_PX, min(height, (row[-1] + 1) * BLOCK_PX)
        return [
            (row[:-1], (top, left * BLOCK_PX), (bottom, min(width, right * BLOCK_PX)))
            for left, right in find_runs(changed)
        ]

    def unmarked_differ(self, other: BlockSums) -> bool:
        """Whether a block known here has another sum in `other`, or the shapes differ."""
        if self.shape != other.shape:
            return True
        return bool(np.any(self._known & (self._sums != other._sums)))


def sum_row(array: Pixels, row: tuple[int, ...]) -> npt.NDArray[np.uint32]:
    """Checksums of one row of blocks; for a worker: it lets other threads run meanwhile."""
    top = row[-1] * BLOCK_PX
    strip = np.asarray(
        array[row[:-1]][top : top + BLOCK_PX] if row[:-1] else array[top : top + BLOCK_PX]
    )
    starts = range(0, strip.shape[-1], BLOCK_PX)
    blocks = (np.ascontiguousarray(strip[:, left : left + BLOCK_PX]) for left in starts)
    return np.array(
        [zlib.crc32(block.reshape(-1).view(np.uint8).data) for block in blocks], np.uint32
    )


def sum_blocks(array: Pixels) -> BlockSums:
    """The sums of a whole array.

    Examples
    --------
    >>> array = np.zeros((300, 600), np.uint8)
    >>> before = sum_blocks(array)
    >>> array[299, 599] = 1
    >>> [before.take_row(row, sum_row(array, row)) for row in before.rows()]
    [[], [((), (256, 512), (300, 600))]]
    """
    sums = BlockSums(array.shape)
    for row in sums.rows():
        sums.take_row(row, sum_row(array, row))
    return sums


def find_runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and stop of every run of true values.

    Examples
    --------
    >>> find_runs(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
