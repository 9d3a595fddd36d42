"""Arrays that may lie on disk: what is asked of them, and how boxes are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio.tiff import DECODE_ERRORS

Pixels = npt.NDArray[Any]  # Any: every real dtype
Index = tuple[int | slice, ...]
BLOCK_BYTES = 8 << 20  # some 0.1 s of counting
LARGEST_CHUNK_BYTES = 256 << 20


class Source(Protocol):
    """What can be read: NumPy, memory-mapped, Dask and Zarr arrays, and whatever is like them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""

    @property
    def dtype(self) -> Any:  # Any: NumPy's dtype, which libraries wrap
        """Type of a pixel."""

    def __getitem__(self, index: Index, /) -> Any:  # Any: what becomes a NumPy array
        """The pixels of a box."""


class Target(Protocol):
    """What can be written: NumPy, memory-mapped and Zarr arrays."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pixels along each axis."""

    @property
    def dtype(self) -> Any:  # Any: NumPy's dtype, which libraries wrap
        """Type of a pixel."""

    def __setitem__(self, index: Index, pixels: Any, /) -> None:  # Any: a NumPy array
        """Write the pixels of a box."""


def check_source(source: Source) -> None:
    """Refuse what is no grey image.

    Raises
    ------
    UserError
        No array, no pixels, or no real numbers.
    """
    if not all(hasattr(source, name) for name in ("shape", "dtype", "__getitem__")):
        raise UserError(
            f"The image is a {type(source).__name__}, not an array: give a NumPy, Dask or Zarr "
            "array, or open a file with open_source."
        )
    if np.dtype(source.dtype).kind not in "biuf":
        raise UserError(f"The image holds {source.dtype} values: real numbers are needed.")
    if not all(isinstance(size, int | np.integer) for size in source.shape):
        raise UserError(
            f"The image has shape {tuple(source.shape)}, which is not known yet: "
            "call compute_chunk_sizes() on the Dask array first."
        )
    if 0 in source.shape:
        raise UserError(f"The image has shape {tuple(source.shape)}: it holds no pixel.")


def check_target(target: Target, shape: tuple[int, ...], source: Source) -> None:
    """Refuse what the result cannot be written to.

    Raises
    ------
    UserError
        Another shape than the result, no real numbers, read-only, or the source itself.
    """
    if tuple(target.shape) != shape:
        raise UserError(
            f"The target has shape {tuple(target.shape)}, the result {shape}: "
            "make a target of the result's shape."
        )
    if np.dtype(target.dtype).kind not in "iuf":
        raise UserError(f"The target holds {target.dtype} values: numbers are needed.")
    flags = getattr(target, "flags", None)
    writeable = not getattr(target, "read_only", False) and getattr(flags, "writeable", True)
    if not (writeable and hasattr(target, "__setitem__")):
        raise UserError("The target is read-only: open it for writing or choose another one.")
    both_here = isinstance(source, np.ndarray) and isinstance(target, np.ndarray)
    same: object = target
    if same is source or (both_here and np.may_share_memory(source, target)):
        raise UserError(
            "The target is the source: tiles would read pixels that are already replaced, "
            "choose another target."
        )


def fill_target(image: Image, target: Target) -> Image:
    """`image` with its pixels in `target`, where they are put: for results made in memory."""
    target[(slice(None),) * image.array.ndim] = image.array
    held: Any = target  # Any: an array on disk
    return replace(image, array=held)


def reflect(start: int, stop: int, size: int) -> npt.NDArray[np.intp]:
    """Indices of `start` to `stop`, those outside 0 … `size` − 1 mirrored at the outer pixels.

    The outer pixel itself is not repeated; an axis of one pixel repeats it.

    Examples
    --------
    >>> [int(i) for i in reflect(-2, 6, 3)]
    [2, 1, 0, 1, 2, 1, 0, 1]
    """
    indices = np.arange(start, stop)
    if size == 1:
        return np.zeros_like(indices)
    indices = np.abs(indices) % (2 * size - 2)
    return np.minimum(indices, 2 * size - 2 - indices)


def read_box(
    source: Source, index: Index, start: Sequence[int], stop: Sequence[int]
) -> npt.NDArray[Any]:
    """The pixels of a box, reflected where it reaches past the image's borders.

    Parameters
    ----------
    source : Source
        Only the part of the box that lies in it is read, in one piece.
    index : tuple
        A number or slice for each axis before those of the box.
    start, stop : sequence of int
        The box along the last axes.

    Returns
    -------
    ndarray
        In the source's dtype and native byte order, a copy; axes of a number are gone.
    """
    sizes = source.shape[len(source.shape) - len(start) :]
    wanted = [reflect(*side) for side in zip(start, stop, sizes, strict=True)]
    inside = tuple(slice(int(i.min()), int(i.max()) + 1) for i in wanted)
    pixels = _load(source, (*index, *inside))
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=True)
    for axis, (indices, part) in enumerate(zip(wanted, inside, strict=True), -len(start)):
        if not np.array_equal(indices, np.arange(part.start, part.stop)):
            pixels = np.take(pixels, indices - part.start, axis=axis)
    return pixels


def iterate_blocks(source: Source) -> Iterator[Pixels]:
    """All pixels of an image in boxes of some 8 MB that follow its chunks.

    A chunk is decoded once, as long as it has at most 256 MB.
    """
    shape, sides = source.shape, _block_sides(source)
    starts = [range(0, size, side) for size, side in zip(shape, sides, strict=True)]
    for corner in product(*starts):
        box = tuple(slice(a, a + side) for a, side in zip(corner, sides, strict=True))
        yield _load(source, box)


def _load(source: Source, box: Index) -> Pixels:
    """The pixels of a box; a UserError where their file cannot be read."""
    try:
        return np.asarray(source[box])
    except UserError:
        raise
    except DECODE_ERRORS as error:
        place = getattr(source, "store_path", None)  # a Zarr array says where it lies
        name = "The image" if place is None else str(place).removeprefix("file://")
        raise UserError(
            f"{name} cannot be read: its file is damaged or out of reach ({error})."
        ) from error


def count_blocks(source: Source) -> int:
    """How many boxes `iterate_blocks` yields."""
    pairs = zip(source.shape, _block_sides(source), strict=True)
    return int(np.prod([-(-size // side) for size, side in pairs], dtype=np.int64))


def _block_sides(source: Source) -> list[int]:
    """Whole chunks, more of them along the last axes first, within `BLOCK_BYTES`."""
    shape, itemsize = source.shape, np.dtype(source.dtype).itemsize
    chunks = getattr(source, "chunksize", None) or getattr(source, "chunks", None)
    if not chunks or len(chunks) != len(shape) or not all(isinstance(c, int) for c in chunks):
        chunks = (1,) * len(shape)
    sides = [min(chunk, size) for chunk, size in zip(chunks, shape, strict=True)]
    bytes_ = int(np.prod(sides, dtype=np.int64)) * itemsize
    if bytes_ > LARGEST_CHUNK_BYTES:
        sides, bytes_ = [1] * len(shape), itemsize
    for axis in reversed(range(len(shape))):
        factor = min(max(BLOCK_BYTES // bytes_, 1), -(-shape[axis] // sides[axis]))
        sides[axis] *= factor
        bytes_ *= factor
    return sides


def count_missing_chunks(source: Source) -> tuple[int, int]:
    """How many chunks of a Zarr array are not stored, and of how many; (0, 0) for other arrays.

    Such chunks are read as the array's fill value. Zarr itself leaves out chunks that hold
    nothing else.
    """
    # A TIFF behind Zarr's face lists no chunks: only what can be written knows them.
    store = getattr(source, "store", None)
    if not getattr(store, "supports_writes", False) or not hasattr(source, "nchunks_initialized"):
        return 0, 0
    total = int(getattr(source, "nchunks", 0))
    return total - int(source.nchunks_initialized), total
