"""Noise keyed by coordinate, drawn in blocks that are kept while they are in use."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import product
from threading import Lock

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Block = tuple[tuple[int, ...], int, int]

BLOCK_PX = 128
LIMIT_BYTES = 32 * 2**20


class NoiseCache:
    """A random field on planes of any size, of which only blocks in use are held.

    The field must be keyed by coordinate: what is drawn for a box is the crop of what would be
    drawn for the whole. Safe to use from several threads.

    Parameters
    ----------
    draw : callable
        `draw(shape, origin)`, both with an entry an axis, gives float32 of that shape.
    origin : sequence of int
        Index of the canvas's first pixel in its source, one entry an axis, (..., Y, X).
    block_px : int
        Side of a block.
    limit_bytes : int
        Memory that is held at most; the blocks that were used longest ago go first.

    Examples
    --------
    >>> from napari_fidelity.core.random import normal
    >>> cache = NoiseCache(lambda shape, origin: normal(shape, seed=1, origin=origin), (0, 0))
    >>> bool((cache.read((), (5, 6), (8, 9)) == normal((3, 3), seed=1, origin=(5, 6))).all())
    True
    """

    def __init__(
        self,
        draw: Callable[[tuple[int, ...], tuple[int, ...]], Floats],
        origin: Sequence[int],
        *,
        block_px: int = BLOCK_PX,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        self._draw, self._origin = draw, tuple(origin)
        self._block_px = block_px
        self._most = max(1, limit_bytes // (4 * block_px**2))
        self._blocks: OrderedDict[Block, Floats] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of blocks held."""
        return len(self._blocks)

    def read(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> Floats:
        """The field in a half-open box (Y, X) of the plane at `index`; may leave the canvas."""
        side = self._block_px
        box = np.empty((stop[0] - start[0], stop[1] - start[1]), np.float32)
        for block in self._list_blocks(index, start, stop):
            corner = block[1] * side, block[2] * side
            first = [max(s, c) for s, c in zip(start, corner, strict=True)]
            last = [min(s, c + side) for s, c in zip(stop, corner, strict=True)]
            into, source = (
                tuple(slice(f - o, e - o) for f, e, o in zip(first, last, base, strict=True))
                for base in (start, corner)
            )
            box[into] = self._get(block)[source]
        return box

    def _list_blocks(
        self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]
    ) -> list[Block]:
        side = self._block_px
        rows, columns = (
            range(low // side, -(-high // side)) for low, high in zip(start, stop, strict=True)
        )
        return [(tuple(index), row, column) for row, column in product(rows, columns)]

    def _get(self, block: Block) -> Floats:
        """The block, from memory or drawn."""
        with self._lock:
            if block in self._blocks:
                self._blocks.move_to_end(block)
                return self._blocks[block]
        # drawn without the lock: two threads may draw the same, none waits for the other
        side, (index, row, column) = self._block_px, block
        place = (*index, row * side, column * side)
        first = tuple(p + o for p, o in zip(place, self._origin, strict=True))
        pixels = self._draw((1,) * len(index) + (side, side), first).reshape(side, side)
        with self._lock:
            self._blocks[block] = pixels
            while len(self._blocks) > self._most:
                self._blocks.popitem(last=False)
        return pixels
