"""Boxes put together from kept chunks are those of the array, and chunks are read once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.inference import chunk_cache
from napari_fidelity.inference.chunk_cache import KeptChunks, keep_chunks

STACK = np.random.default_rng(0).integers(0, 999, (4, 37, 53)).astype(np.int16)


class Chunked:
    def __init__(self, array, chunks):
        self.shape, self.dtype, self.chunks = array.shape, array.dtype, chunks
        self.array, self.reads = array, []

    def __getitem__(self, index):
        self.reads.append(tuple((part.start, part.stop) for part in index))
        return self.array[index]


@settings(deadline=None)
@given(
    chunks=st.sampled_from(
        [(1, 8, 10), (3, 37, 53), (9, 100, 7), ((1, 3), (30, 7), (1, 1, 51)), ((4,), (37,), (53,))]
    ),
    z=st.one_of(st.integers(0, 3), st.just(slice(None)), st.just(slice(1, 3))),
    rows=st.tuples(st.integers(0, 36), st.integers(1, 37)),
    columns=st.tuples(st.integers(0, 52), st.integers(1, 53)),
)
def test_a_box_is_that_of_the_array(chunks, z, rows, columns):
    kept = keep_chunks(Chunked(STACK, chunks))
    assert isinstance(kept, KeptChunks)
    index = (z, slice(rows[0], sum(rows)), slice(columns[0], sum(columns)))
    np.testing.assert_array_equal(kept[index], STACK[index])


def test_chunks_are_read_once_and_whole(monkeypatch):
    monkeypatch.setattr(chunk_cache, "SMALLEST_READ_BYTES", 1)
    source = Chunked(STACK, (1, 10, 20))
    kept = keep_chunks(source)
    for z, y, x in np.ndindex(4, 30, 45):
        kept[z, y : y + 7, x : x + 8]
    assert len(source.reads) == len(set(source.reads)) == 4 * 4 * 3
    assert source.reads[0] == ((0, 1), (0, 10), (0, 20))


def test_those_used_last_are_kept(monkeypatch):
    monkeypatch.setattr(chunk_cache, "SMALLEST_READ_BYTES", 1)
    monkeypatch.setattr(chunk_cache, "CACHE_BYTES", 3 * 37 * 53 * 2)
    source = Chunked(STACK, (1, 37, 53))
    kept = keep_chunks(source)
    whole = slice(None)
    for z in (0, 1, 2, 0, 3, 0, 2, 1):
        np.testing.assert_array_equal(kept[z, whole, whole], STACK[z])
    assert [read[0][0] for read in source.reads] == [0, 1, 2, 3, 1]


def test_small_chunks_are_read_several_at_a_time():
    source = Chunked(np.zeros((2, 4096, 4096), np.uint16), (1, 64, 64))
    keep_chunks(source)[0, 0:1, 0:1]
    ((_, rows, columns),) = source.reads
    area = (rows[1] - rows[0]) * (columns[1] - columns[0]) * 2
    assert chunk_cache.SMALLEST_READ_BYTES <= area <= 2 * chunk_cache.SMALLEST_READ_BYTES


def test_arrays_without_chunks_or_with_huge_ones_are_left_alone():
    huge = Chunked(np.broadcast_to(np.uint8(1), (20_000, 20_000)), (20_000, 20_000))
    unknown = Chunked(STACK, None)
    for source in (STACK, huge, unknown):
        assert keep_chunks(source) is source


def test_dask_computes_every_chunk_once():
    dask = pytest.importorskip("dask.array")
    computed = []

    def work(block):
        computed.append(block.shape)
        return block

    lazy = dask.from_array(STACK, (2, 20, 20)).map_blocks(work, meta=STACK[:0])
    kept = keep_chunks(lazy)
    for z, y, x in np.ndindex(4, 3, 4):
        kept[z, 8 * y : 8 * y + 15, 9 * x : 9 * x + 17]
    assert len(computed) == 2 * 2 * 3
