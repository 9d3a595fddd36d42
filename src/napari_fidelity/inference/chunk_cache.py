"""Chunks of arrays on disk, or still to be computed, kept while neighbouring tiles need them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import product
from threading import Lock
from typing import Any

import numpy as np

from napari_fidelity.inference.lazy_arrays import Index, Pixels, Source

CACHE_BYTES = 192 << 20
LARGEST_CHUNK_BYTES = 64 << 20
SMALLEST_READ_BYTES = 1 << 20


def keep_chunks(source: Source) -> Source:
    """The source, its chunks kept after reading where it has any of a handy size.

    A tile reads its halo too, so without this every chunk of a Zarr is decoded, and every
    chunk of a Dask array computed, up to nine times.
    """
    edges = _find_edges(source)
    if edges is None:
        return source
    largest = int(np.prod([int(np.diff(e).max()) for e in edges], dtype=np.int64))
    if largest * np.dtype(source.dtype).itemsize > LARGEST_CHUNK_BYTES:
        return source
    return KeptChunks(source, edges)


class KeptChunks:
    """A source that reads whole chunks and keeps those used last, up to 192 MB of them.

    Parameters
    ----------
    source : Source
    edges : sequence of ndarray
        For every axis where its chunks begin, and the size at the end.
    """

    def __init__(self, source: Source, edges: Sequence[Pixels]) -> None:
        self.shape, self.dtype = tuple(source.shape), np.dtype(source.dtype)
        self._source, self._edges = source, edges
        self._kept: OrderedDict[tuple[int, ...], Pixels] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __getitem__(self, index: Index) -> Pixels:
        """The pixels of a box: a number or a slice of step 1 for every axis."""
        box = [
            (at.indices(size)[:2] if isinstance(at, slice) else (at, at + 1))
            for at, size in zip(index, self.shape, strict=True)
        ]
        numbers = [
            range(
                int(np.searchsorted(edges, start, "right")) - 1,
                int(np.searchsorted(edges, stop, "left")),
            )
            for (start, stop), edges in zip(box, self._edges, strict=True)
        ]
        pixels = np.empty([stop - start for start, stop in box], self.dtype)
        for number in product(*numbers):
            there, here = self._overlap(number, box)
            pixels[here] = self._get(number)[there]
        return pixels[tuple(0 if isinstance(at, int) else slice(None) for at in index)]

    def _overlap(
        self, number: tuple[int, ...], box: Sequence[tuple[int, int]]
    ) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """What a chunk and a box share, seen from either."""
        there, here = [], []
        for n, edges, (start, stop) in zip(number, self._edges, box, strict=True):
            first, last = max(int(edges[n]), start), min(int(edges[n + 1]), stop)
            there.append(slice(first - int(edges[n]), last - int(edges[n])))
            here.append(slice(first - start, last - start))
        return tuple(there), tuple(here)

    def _get(self, number: tuple[int, ...]) -> Pixels:
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
            chunk = np.asarray(
                self._source[
                    tuple(
                        slice(int(edges[n]), int(edges[n + 1]))
                        for n, edges in zip(number, self._edges, strict=True)
                    )
                ]
            )
            self._kept[number] = chunk
            self._bytes += chunk.nbytes
            while self._bytes > CACHE_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
            return chunk


def _find_edges(source: Source) -> list[Pixels] | None:
    """Where chunks begin along every axis: Dask lists them, Zarr and HDF5 state their sides."""
    chunks: Any = getattr(source, "chunks", None)  # Any: numbers, or tuples of them
    if not isinstance(chunks, tuple) or len(chunks) != len(source.shape):
        return None
    if all(isinstance(each, tuple) for each in chunks):
        return [np.cumsum((0, *each)) for each in chunks]
    if not all(isinstance(each, int) and each > 0 for each in chunks):
        return None
    sides = [min(side, size) for side, size in zip(chunks, source.shape, strict=True)]
    bytes_ = int(np.prod(sides, dtype=np.int64)) * np.dtype(source.dtype).itemsize
    for axis in (-1, -2):  # small chunks are read several at a time
        if bytes_ < SMALLEST_READ_BYTES and len(sides) >= -axis:
            wanted = int(np.ceil((SMALLEST_READ_BYTES / bytes_) ** (0.5 if axis == -1 else 1)))
            factor = min(wanted, -(-source.shape[axis] // sides[axis]))
            sides[axis] *= factor
            bytes_ *= factor
    return [
        np.append(np.arange(0, size, side), size)
        for size, side in zip(source.shape, sides, strict=True)
    ]
