"""Tiles write every pixel once, read their halo, and sit on the source's grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.core.errors import UserError
from napari_fidelity.tiling import align_up, plan_tiles


@st.composite
def requests(draw):
    ndim = draw(st.sampled_from([2, 3]))
    longest = 90 if ndim == 2 else 24

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(ndim))

    side = draw(st.sampled_from(["one", "each"]))
    return each(1, longest), {
        "tile_px": draw(st.integers(5, 70)) if side == "one" else each(5, 70),
        "halo_px": draw(st.integers(0, 30)),
        "multiple": draw(st.sampled_from([1, 2, 4, 8])),
        "origin": each(-20, 20),
    }


@settings(deadline=None)
@given(requests())
def test_tiles_cover_and_read_enough(request_):
    shape, plan = request_
    multiple, origin, halo = plan["multiple"], plan["origin"], plan["halo_px"]
    written = np.zeros(shape, int)
    for tile in plan_tiles(shape, **plan):
        written[tile.written] += 1
        for axis in range(len(shape)):
            assert tile.read_start[axis] <= tile.start[axis] - halo
            assert tile.read_stop[axis] >= tile.stop[axis] + halo
            assert (tile.read_start[axis] + origin[axis]) % multiple == 0
            assert (tile.read_stop[axis] + origin[axis]) % multiple == 0
    assert (written == 1).all()


@settings(deadline=None)
@given(requests())
def test_tiles_that_stay_inside_lose_only_what_lies_outside(request_):
    shape, plan = request_
    multiple, origin = plan["multiple"], plan["origin"]
    free = plan_tiles(shape, **plan)
    for outer, tile in zip(free, plan_tiles(shape, inside=True, **plan), strict=True):
        assert (tile.start, tile.stop) == (outer.start, outer.stop)
        for axis, size in enumerate(shape):
            first = origin[axis] // multiple * multiple - origin[axis]
            last = align_up(origin[axis] + size, multiple) - origin[axis]
            assert tile.read_start[axis] == max(outer.read_start[axis], first)
            assert tile.read_stop[axis] == min(outer.read_stop[axis], last)


def test_the_inner_box_is_the_written_one_seen_from_the_read_one():
    pixels = np.arange(30 * 40).reshape(30, 40)
    for tile in plan_tiles((30, 40), tile_px=8, halo_px=3, multiple=4, inside=True):
        rows, columns = (slice(*s) for s in zip(tile.read_start, tile.read_stop, strict=True))
        np.testing.assert_array_equal(pixels[rows, columns][tile.inner], pixels[tile.written])


def test_alignment_rounds_up():
    assert [align_up(value, 4) for value in (0, 1, 4, 5)] == [0, 4, 4, 8]


def test_a_tile_without_pixels_is_refused():
    with pytest.raises(UserError, match="0 px cannot hold"):
        plan_tiles((4, 4), tile_px=0, halo_px=1)
    with pytest.raises(UserError, match="0 px cannot hold"):
        plan_tiles((4, 4, 4), tile_px=(8, 8, 0), halo_px=1)
