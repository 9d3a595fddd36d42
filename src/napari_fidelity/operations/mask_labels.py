"""The mask of a synthesis, read part by part: labels, foreground, background."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image
from napari_fidelity.metrics.masks import background_region

Index = tuple[int, ...]
Pixels = npt.NDArray[Any]  # Any: bool or integers of any width
Bools = npt.NDArray[np.bool_]
Band = tuple[Index, int, int]
BAND_PIXELS = 1 << 20
_SPARE_ROWS = 8
_KEPT_BANDS = 2


class MaskLabels:
    """Labels as a generator takes them: integers and booleans as they are, else what is above 0.

    An array on disk is read in bands of rows, of which the last two are kept, so that a chunk
    is decoded once for all the tiles that it meets. Not safe to read from several threads.

    Parameters
    ----------
    mask : Image
        Its array may be in memory or lazy (Dask, Zarr).
    """

    def __init__(self, mask: Image) -> None:
        self.name = mask.name or "The mask"
        self.shape, self.origin = mask.shape, mask.origin
        self.array = mask.array
        self.is_in_memory = isinstance(mask.array, np.ndarray)
        self.is_float = np.dtype(mask.array.dtype).kind not in "biu"
        self._bands: deque[tuple[Band, Pixels]] = deque(maxlen=_KEPT_BANDS)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the labels that are read."""
        return np.dtype(np.bool_) if self.is_float else np.dtype(self.array.dtype)

    def __getitem__(self, key: tuple[int | slice, ...], /) -> Pixels:
        """The labels at an index for every leading axis and slices for the last two."""
        index = tuple(number for number in key[:-2] if isinstance(number, int))
        return self.convert(self._read(index, *key[-2:]))

    def read(self, index: Index, start: tuple[int, int], stop: tuple[int, int]) -> Pixels:
        """The labels of a half-open box (Y, X) of one plane."""
        return self[(*index, slice(start[0], stop[0]), slice(start[1], stop[1]))]

    def list_bands(self) -> list[Band]:
        """Bands of rows that cover every plane: index, first row, row after the last."""
        height, width = self.shape[-2:]
        rows = max(1, BAND_PIXELS // max(width, 1))
        if not self.is_in_memory:
            rows = -(-rows // self._chunk_rows()) * self._chunk_rows()
        return [
            (index, low, min(low + rows, height))
            for index in np.ndindex(self.shape[:-2])
            for low in range(0, height, rows)
        ]

    def read_raw(self, band: Band) -> npt.NDArray[Any]:  # Any: as it is stored
        """The pixels of a band as they are stored."""
        index, low, high = band
        return self._load(index, low, high)

    def convert(self, pixels: npt.NDArray[Any]) -> Pixels:  # Any: as it is stored
        """Labels from stored pixels."""
        return np.asarray(pixels > 0) if self.is_float else pixels

    def read_background(self, band: Band, margin_px: int) -> Bools:
        """Where a band is further than `margin_px` from every object."""
        index, low, high = band
        first, last = max(low - margin_px, 0), min(high + margin_px, self.shape[-2])
        foreground = self.read(index, (first, 0), (last, self.shape[-1])) > 0
        return background_region(foreground, margin_px)[low - first : high - first]

    def _read(self, index: Index, rows: Any, columns: Any) -> npt.NDArray[Any]:  # Any: slices
        if self.is_in_memory:
            return np.asarray(self.array[(*index, rows, columns)])
        for (place, low, high), band in self._bands:
            if place == index and low <= rows.start and rows.stop <= high:
                return band[rows.start - low : rows.stop - low, columns]
        low = max(rows.start - _SPARE_ROWS, 0)
        high = min(rows.stop + _SPARE_ROWS, self.shape[-2])
        band = self._load(index, low, high)
        self._bands.append(((index, low, high), band))
        return band[rows.start - low : rows.stop - low, columns]

    def _load(self, index: Index, low: int, high: int) -> npt.NDArray[Any]:  # Any: as stored
        if self.is_in_memory:
            rows: tuple[int | slice, ...] = (*index, slice(low, high))
            return np.asarray(self.array[rows])
        # tensors are heavy to load: only lazy arrays need this
        from napari_fidelity.inference.lazy_arrays import read_box

        return read_box(self.array, index, (low, 0), (high, self.shape[-1]))

    def _chunk_rows(self) -> int:
        chunks = getattr(self.array, "chunksize", None) or getattr(self.array, "chunks", None)
        return int(chunks[-2]) if chunks and isinstance(chunks[-2], int) else 1
