"""An image worked on block by block, on several cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from napari_fidelity.core.cores import count_cores

Box = tuple[slice, ...]
BLOCK_PX = 1 << 18  # some 100 ms of noise: so long may a request to stop wait
MOST_THREADS = 8  # beyond, noise is drawn faster than memory takes it


def run_blocks(
    boxes: Sequence[Box], work: Callable[[Box], None], tell: Callable[[int, int], None]
) -> None:
    """Have `work` done on every box; the order does not matter to it.

    Parameters
    ----------
    boxes : sequence of tuple of slice
        Boxes that do not overlap.
    work : callable
        ``work(box)``, on any thread.
    tell : callable
        ``tell(done, total)`` on the thread that calls; what it raises ends the work.
    """
    threads = min(len(boxes), count_cores(), MOST_THREADS)
    if threads <= 1:
        for done, box in enumerate(boxes):
            tell(done, len(boxes))
            work(box)
        return
    pool = ThreadPoolExecutor(threads, thread_name_prefix="degrade")
    try:
        for done, finished in enumerate(pool.map(work, boxes)):
            del finished
            tell(done, len(boxes))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def list_blocks(shape: Sequence[int]) -> list[tuple[slice, ...]]:
    """Boxes of at most about `BLOCK_PX` pixels that cover an array in its order.

    Examples
    --------
    >>> len(list_blocks((2, 1024, 1024))), list_blocks((3, 4))
    (8, [(slice(0, 3, None), slice(0, 4, None))])
    """
    sides = list(shape)
    for axis in range(len(sides)):
        rest = int(np.prod(sides[axis + 1 :], dtype=np.int64))
        sides[axis] = max(1, min(sides[axis], BLOCK_PX // max(rest, 1)))
    counts = [-(-size // side) for size, side in zip(shape, sides, strict=True)]
    return [
        tuple(
            slice(number * side, min((number + 1) * side, size))
            for number, side, size in zip(numbers, sides, shape, strict=True)
        )
        for numbers in np.ndindex(*counts)
    ]
