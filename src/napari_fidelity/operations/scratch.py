"""A place for intermediate pixels: in memory, or in a file that vanishes."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import numpy.typing as npt

from napari_fidelity.imageio.atomic_write import explain_failure

Floats = npt.NDArray[np.float32]
Box = tuple[int | slice, ...]
_ITEM_BYTES = 4


class Scratch(Protocol):
    """Pixels of float32, written and read in boxes: a number for each leading axis, two slices."""

    def __getitem__(self, box: Box, /) -> Floats:
        """The pixels of a box."""

    def __setitem__(self, box: Box, pixels: Floats, /) -> None:
        """Write the pixels of a box."""


@contextmanager
def open_scratch(
    shape: tuple[int, ...], *, in_memory: bool, folder: Path | None
) -> Iterator[Scratch]:
    """Pixels of `shape`, gone when the block ends.

    Parameters
    ----------
    shape : tuple of int
        (..., Y, X).
    in_memory : bool
        Whether memory suffices; else 4 bytes a pixel lie in a temporary file.
    folder : Path, optional
        Where that file lies. Default: the system's folder for temporary files.

    Raises
    ------
    UserError
        The disk is full.
    """
    if in_memory:
        yield np.empty(shape, np.float32)
        return
    place = folder or Path(tempfile.gettempdir())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            yield _FileScratch(file, shape)
    except OSError as error:
        raise explain_failure(place / "temporary file", error) from error


class _FileScratch:
    """Rows are read and written one by one: a full disk is an error here, not a crash.

    A memory map would be shorter, but a page that finds no room on the disk kills the process.
    """

    def __init__(self, file: IO[bytes], shape: tuple[int, ...]) -> None:
        self._file, self._shape = file, shape

    def __getitem__(self, box: Box, /) -> Floats:
        plane, rows, columns = self._locate(box)
        width = len(columns)
        pixels = np.empty((len(rows), width), np.float32)
        for number, row in enumerate(rows):
            self._seek(plane, row, columns.start)
            pixels[number] = np.frombuffer(self._file.read(_ITEM_BYTES * width), np.float32)
        return pixels

    def __setitem__(self, box: Box, pixels: Floats, /) -> None:
        plane, rows, columns = self._locate(box)
        for number, row in enumerate(rows):
            self._seek(plane, row, columns.start)
            self._file.write(np.ascontiguousarray(pixels[number], np.float32).tobytes())

    def _locate(self, box: Box) -> tuple[int, range, range]:
        *index, rows, columns = box
        leading = self._shape[:-2]
        if not (isinstance(rows, slice) and isinstance(columns, slice)):
            raise TypeError("a box ends in two slices")
        numbers = tuple(number for number in index if isinstance(number, int))
        plane = int(np.ravel_multi_index(numbers, leading)) if leading else 0
        height, width = self._shape[-2:]
        return plane, range(height)[rows], range(width)[columns]

    def _seek(self, plane: int, row: int, column: int) -> None:
        pixel = plane * math.prod(self._shape[-2:]) + row * self._shape[-1] + column
        self._file.seek(_ITEM_BYTES * pixel)
