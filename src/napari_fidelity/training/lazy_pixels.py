"""Pixels that stay in their files: opened when asked for, few files open at a time."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from napari_fidelity.imageio.read import read_image
from napari_fidelity.inference.lazy_arrays import Index, Pixels, Source
from napari_fidelity.inference.open_source import open_source

OPEN_FILES = 48  # systems allow some hundreds to a process
SURE_BYTES = 512 << 20  # so much memory is taken without asking what is free
MEMORY_SHARE = 0.5  # of the free memory; the rest is for the network


class OpenFiles:
    """The sources that were asked for last."""

    def __init__(self) -> None:
        self._lock = Lock()  # the next batch is drawn on a thread
        self._sources: OrderedDict[Path, Source] = OrderedDict()

    def find(self, path: Path) -> Source:
        """The source of a file, opened now or before."""
        with self._lock:
            if path not in self._sources:
                self._sources[path] = open_source(path)
            self._sources.move_to_end(path)
            while len(self._sources) > OPEN_FILES:
                self._sources.popitem(last=False)
            return self._sources[path]


class LazyPixels:
    """An array of `shape` whose file may leave out axes of one pixel.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        As its frame says.
    dtype : dtype
        Of the frame; booleans may be stored as numbers.
    files : OpenFiles
        Shared by a set.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: Any, files: OpenFiles) -> None:
        self._path, self._files = path, files
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.ndim = len(shape)

    def __getitem__(self, index: Index) -> Pixels:
        """The pixels of a box; axes of a number are gone."""
        source = self._files.find(self._path)
        index = (*index, *[slice(None)] * (self.ndim - len(index)))
        if tuple(source.shape) == self.shape:
            pixels = np.asarray(source[index])
        else:
            pixels = self._read_squeezed(source, index)
        return (pixels != 0) if self.dtype == bool else pixels.astype(self.dtype, copy=False)

    def _read_squeezed(self, source: Source, index: Index) -> Pixels:
        """As above, where the file's shape and the frame's differ by axes of one pixel."""
        bare = tuple(side for side in self.shape if side > 1)
        if tuple(side for side in source.shape if side > 1) != bare:
            return np.asarray(read_image(self._path).array[index])
        kept = iter(i for i, side in zip(index, self.shape, strict=True) if side > 1)
        pixels = np.asarray(source[tuple(next(kept) if s > 1 else 0 for s in source.shape)])
        for axis in [a for a, i in enumerate(_slices(index, self.shape)) if i]:
            pixels = np.expand_dims(pixels, axis)
        return pixels


def _slices(index: Index, shape: tuple[int, ...]) -> list[bool]:
    """For each axis of the result whether it is one of a single pixel that the file left out."""
    return [side == 1 for i, side in zip(index, shape, strict=True) if isinstance(i, slice)]


class MemoryBudget:
    """How many bytes of pixels are kept in memory; the rest of a set stays in its files."""

    def __init__(self, limit: int | None = None) -> None:
        self.used, self._limit = 0, limit

    def take(self, count: int) -> bool:
        """Whether `count` more bytes may be kept; if so they count as used."""
        if self._limit is None and self.used + count > SURE_BYTES:
            self._limit = max(SURE_BYTES, self.used + _measure_free_share())
        fits = self._limit is None or self.used + count <= self._limit
        self.used += count if fits else 0
        return fits


def _measure_free_share() -> int:
    # tensors are heavy to load: its module knows GPUs too
    from napari_fidelity.inference.working_memory import count_free_bytes

    return int(MEMORY_SHARE * count_free_bytes())
