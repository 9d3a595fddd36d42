"""Boxes of arrays: reflected at borders, read in one piece, streamed along chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.lazy_arrays import (
    BLOCK_BYTES,
    check_source,
    count_blocks,
    count_missing_chunks,
    iterate_blocks,
    read_box,
    reflect,
)


class Lazy:
    """An array that counts what is read of it and cannot be read at once."""

    def __init__(self, shape, dtype, chunks=None):
        self.shape, self.dtype, self.reads = shape, np.dtype(dtype), []
        if chunks:
            self.chunks = chunks

    def __getitem__(self, index):
        starts = [part.start for part in index]
        sizes = [min(p.stop, s) - p.start for p, s in zip(index, self.shape, strict=True)]
        self.reads.append((tuple(starts), tuple(sizes)))
        return np.broadcast_to(self.dtype.type(1), sizes)


@settings(deadline=None)
@given(size=st.integers(1, 9), start=st.integers(-30, 5), length=st.integers(1, 40))
def test_reflection_is_that_of_numpy(size, start, length):
    before, after = max(-start, 0), max(start + length - size, 0)
    padded = np.pad(np.arange(size), (before, after), mode="reflect" if size > 1 else "edge")
    expected = padded[start + before : start + before + length]
    np.testing.assert_array_equal(reflect(start, start + length, size), expected)


@settings(deadline=None)
@given(
    start=st.tuples(st.integers(-9, 6), st.integers(-9, 7)),
    length=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_a_box_is_that_of_the_reflected_image(start, length):
    stack = np.arange(2 * 7 * 8).reshape(2, 7, 8)
    stop = tuple(a + b for a, b in zip(start, length, strict=True))
    padded = np.pad(stack[1], 40, mode="reflect")
    rows, columns = (slice(40 + a, 40 + b) for a, b in zip(start, stop, strict=True))
    np.testing.assert_array_equal(read_box(stack, (1,), start, stop), padded[rows, columns])


def test_a_box_is_a_copy_in_native_order():
    stack = np.arange(20, dtype=">i2").reshape(4, 5)
    box = read_box(stack, (), (0, 0), (4, 5))
    box[:] = 0
    assert box.dtype == np.int16
    assert stack[3, 4] == 19


@pytest.mark.parametrize(
    "source",
    [
        Lazy((50_000, 50_000), np.uint16),
        Lazy((50_000, 50_000), np.uint16, (1024, 1024)),
        Lazy((3, 9000, 7001), np.float32, (1, 512, 512)),
        Lazy((70, 300, 301), np.float64, (16, 64, 64)),
        Lazy((300_000, 3), np.uint8, (300_000, 3)),
    ],
    ids=["rows", "tiles", "stack", "blocks", "one chunk"],
)
def test_blocks_cover_an_image_once_and_are_bounded(source):
    seen = sum(block.size for block in iterate_blocks(source))
    assert seen == np.prod(source.shape, dtype=np.int64)
    assert len(set(source.reads)) == len(source.reads) == count_blocks(source)
    largest = max(np.prod(sizes) for _, sizes in source.reads) * source.dtype.itemsize
    assert largest <= BLOCK_BYTES
    if len(source.reads) > 1:
        assert largest > BLOCK_BYTES / 8
    for starts, _ in source.reads:
        chunks = getattr(source, "chunks", (1,) * len(starts))
        assert all(a % c == 0 for a, c in zip(starts, chunks, strict=True))


def test_a_chunk_larger_than_memory_is_read_in_parts():
    source = Lazy((60_000, 60_000), np.uint16, (60_000, 60_000))
    next(iter(iterate_blocks(source)))
    assert np.prod(source.reads[0][1]) * 2 <= BLOCK_BYTES


def test_dask_is_streamed_along_its_chunks():
    dask = pytest.importorskip("dask.array")
    array = dask.ones((30, 5000, 400), chunks=(4, 1250, 400), dtype=np.float32)
    shapes = [block.shape for block in iterate_blocks(array)]
    assert sum(map(np.prod, shapes)) == array.size
    assert shapes[0] == (4, 1250, 400)


def test_a_source_that_cannot_be_read_is_told():
    class Gone(Lazy):
        def __getitem__(self, index):
            raise OSError(5, "Input/output error")

    for read in (
        lambda: next(iterate_blocks(Gone((9, 9), np.uint8))),
        lambda: read_box(Gone((9, 9), np.uint8), (), (0, 0), (4, 4)),
    ):
        with pytest.raises(UserError, match="Input/output error"):
            read()


def test_only_zarr_tells_missing_chunks():
    assert count_missing_chunks(np.zeros(3)) == (0, 0)


def test_a_dask_array_of_unknown_size_is_refused():
    dask = pytest.importorskip("dask.array")
    values = dask.arange(40, chunks=10)
    with pytest.raises(UserError, match="compute_chunk_sizes"):
        check_source(values[values > 7])


def test_numbers_of_other_kinds_are_refused():
    for dtype in ("complex64", "object", "datetime64[s]", "U3"):
        with pytest.raises(UserError, match="real numbers are needed"):
            check_source(np.zeros((3, 3), dtype))
