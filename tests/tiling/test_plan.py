"""Tiles write every pixel once, read their halo, and sit on the source's grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fidelity.core.errors import UserError
from napari_fidelity.tiling import align_up, plan_tiles


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    tile_px=st.integers(1, 70),
    halo_px=st.integers(0, 30),
    multiple=st.sampled_from([1, 2, 4, 8]),
    origin=st.tuples(st.integers(-20, 20), st.integers(-20, 20)),
)
def test_tiles_cover_and_read_enough(shape, tile_px, halo_px, multiple, origin):
    written = np.zeros(shape, int)
    for tile in plan_tiles(
        shape, tile_px=tile_px, halo_px=halo_px, multiple=multiple, origin=origin
    ):
        written[tile.start[0] : tile.stop[0], tile.start[1] : tile.stop[1]] += 1
        for axis in (0, 1):
            assert tile.read_start[axis] <= tile.start[axis] - halo_px
            assert tile.read_stop[axis] >= tile.stop[axis] + halo_px
            assert (tile.read_start[axis] + origin[axis]) % multiple == 0
            assert (tile.read_stop[axis] + origin[axis]) % multiple == 0
    assert (written == 1).all()


def test_alignment_rounds_up():
    assert [align_up(value, 4) for value in (0, 1, 4, 5)] == [0, 4, 4, 8]


def test_a_tile_without_pixels_is_refused():
    with pytest.raises(UserError, match="0 px cannot hold"):
        plan_tiles((4, 4), tile_px=0, halo_px=1)
