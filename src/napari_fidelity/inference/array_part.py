"""A part of an array that may lie on disk, read and written like an array of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from napari_fidelity.inference.lazy_arrays import Index


class ArrayPart:
    """The box of an array that an index gives; nothing is read before it is asked for.

    Parameters
    ----------
    array : array
        NumPy, Dask, Zarr: what is a `Source`, or a `Target`, or both.
    index : sequence of int and slice
        One for every axis, slices with step 1; axes of a number are gone.

    Examples
    --------
    >>> pixels = np.arange(12).reshape(3, 4)
    >>> part = ArrayPart(pixels, (1, slice(1, 4)))
    >>> part.shape, part[1:3].tolist()
    ((3,), [6, 7])
    >>> part[0:1] = 50
    >>> pixels[1].tolist()
    [4, 50, 6, 7]
    """

    def __init__(self, array: Any, index: Sequence[int | slice]) -> None:  # Any: of any library
        sizes = tuple(array.shape)
        self._array = array
        self._index: list[int | slice] = [
            slice(*each.indices(size)[:2]) if isinstance(each, slice) else each
            for each, size in zip(index, sizes, strict=True)
        ]
        kept = [each for each in self._index if isinstance(each, slice)]
        self.shape = tuple(each.stop - each.start for each in kept)
        self.dtype = np.dtype(array.dtype)
        self.store_path = getattr(array, "store_path", None)  # named where it cannot be read

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> Any:  # Any: numbers and slices; an array
        """The pixels of a box."""
        return self._array[self._place(index)]

    def __setitem__(self, index: Any, pixels: Any) -> None:  # Any: as above
        """Write the pixels of a box."""
        self._array[self._place(index)] = pixels

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:  # Any: NumPy's
        """All of it, for NumPy."""
        whole = np.asarray(self[(slice(None),) * self.ndim])
        return np.array(whole, dtype=dtype, copy=True if copy else None)

    def _place(self, index: Any) -> Index:  # Any: as above
        """An index into the whole for one into the part."""
        given = list(index) if isinstance(index, tuple) else [index]
        given += [slice(None)] * (self.ndim - len(given))
        asked = iter(zip(given, self.shape, strict=True))
        place: list[int | slice] = []
        for outer in self._index:
            if not isinstance(outer, slice):
                place.append(outer)
                continue
            inner, size = next(asked)
            if isinstance(inner, slice):
                start, stop, _step = inner.indices(size)
                place.append(slice(outer.start + start, outer.start + stop))
            else:
                place.append(outer.start + int(inner) % size)
        return tuple(place)
