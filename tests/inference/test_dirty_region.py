"""Everything that was added is handed out, nearest first, in pieces, at no more cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.inference.dirty_region import MOST_BOXES, DirtyRegion

SHAPE = (90, 70)
PIECE_PX = 16


def corners(low=-20, high=110):
    return st.tuples(st.integers(low, high), st.integers(low, high))


boxes = st.builds(
    lambda index, start, size: ((index,), start, (start[0] + size[0], start[1] + size[1])),
    st.integers(0, 2),
    corners(),
    corners(0, 40),
)


def drain(region):
    pieces = []
    while (piece := region.pop()) is not None:
        pieces.append(piece)
    return pieces


def draw(pieces):
    """How often each pixel of three planes lies in one of the boxes."""
    counts = np.zeros((3, *SHAPE), int)
    for index, start, stop in pieces:
        top, left = (max(side, 0) for side in start)
        counts[index][top : max(stop[0], 0), left : max(stop[1], 0)] += 1
    return counts


def count_read_pixels(pieces, margin):
    return sum(
        (stop[0] - start[0] + 2 * margin) * (stop[1] - start[1] + 2 * margin)
        for _, start, stop in pieces
    )


@settings(deadline=None, max_examples=200)
@given(st.lists(boxes, max_size=60), st.integers(0, 30))
def test_all_that_was_added_is_handed_out_in_pieces_inside_the_canvas(added, margin):
    region = DirtyRegion(SHAPE, piece_px=PIECE_PX, margin_px=margin)
    for box in added:
        region.add(*box)
    wanted = draw(added) > 0
    assert bool(region) == wanted.any()
    pieces = drain(region)
    assert not region
    for _, start, stop in pieces:
        assert all(0 <= a < b <= size for a, b, size in zip(start, stop, SHAPE, strict=True))
        assert all(b - a <= PIECE_PX for a, b in zip(start, stop, strict=True))
    assert ((draw(pieces) > 0) >= wanted).all()


@settings(deadline=None, max_examples=200)
@given(st.lists(boxes, max_size=MOST_BOXES), st.integers(0, 30))
def test_joining_costs_no_more_than_computing_each_box(added, margin):
    region = DirtyRegion(SHAPE, piece_px=200, margin_px=margin)
    clipped = []
    for index, start, stop in added:
        region.add(index, start, stop)
        low = tuple(max(side, 0) for side in start)
        high = tuple(min(side, size) for side, size in zip(stop, SHAPE, strict=True))
        if all(a < b for a, b in zip(low, high, strict=True)):
            clipped.append((index, low, high))
    assert count_read_pixels(drain(region), margin) <= count_read_pixels(clipped, margin)


@settings(deadline=None)
@given(boxes)
def test_one_box_is_handed_out_exactly_once(box):
    region = DirtyRegion(SHAPE, piece_px=PIECE_PX, margin_px=8)
    region.add(*box)
    np.testing.assert_array_equal(draw(drain(region)), draw([box]))


def test_boxes_far_apart_stay_apart():
    region = DirtyRegion((1000, 1000), piece_px=64, margin_px=24)
    region.add((), (0, 0), (10, 10))
    region.add((), (900, 900), (910, 920))
    assert drain(region) == [((), (900, 900), (910, 920)), ((), (0, 0), (10, 10))]


def test_steps_of_a_stroke_become_one_box():
    region = DirtyRegion((1000, 1000), piece_px=512, margin_px=24)
    for x in range(100, 160, 5):
        region.add((), (100, x), (170, x + 70))
    assert drain(region) == [((), (100, 100), (170, 225))]


def test_many_boxes_are_kept_as_few_and_none_is_lost():
    region = DirtyRegion((4000, 4000), piece_px=4000)
    places = [(y, x) for y in range(0, 4000, 200) for x in range(0, 4000, 200)]
    for y, x in places:
        region.add((), (y, x), (y + 2, x + 2))
    pieces = drain(region)
    assert len(pieces) <= MOST_BOXES
    for y, x in places:
        assert any(start[0] <= y < stop[0] and start[1] <= x < stop[1] for _, start, stop in pieces)


def test_the_piece_nearest_to_the_last_change_comes_first():
    region = DirtyRegion((1024, 1024), piece_px=128, margin_px=24)
    region.add((), (0, 0), (1024, 1024))
    region.add((), (700, 300), (720, 320))
    _, start, stop = region.pop()
    assert start[0] <= 710 < stop[0]
    assert start[1] <= 310 < stop[1]
    distances = [
        np.hypot((start[0] + stop[0]) / 2 - 710, (start[1] + stop[1]) / 2 - 310)
        for _, start, stop in drain(region)
    ]
    assert np.mean(distances[:8]) < 0.5 * np.mean(distances[-8:])


def test_the_plane_changed_last_comes_first():
    region = DirtyRegion((100, 100), piece_px=100)
    for plane in (0, 2, 1, 2):
        region.add((plane,), (plane, 0), (plane + 5, 5))
    assert [index for index, *_ in drain(region)] == [(2,), (1,), (0,)]


def test_a_piece_that_is_dirty_again_comes_again():
    region = DirtyRegion((100, 100), piece_px=100)
    region.add((), (0, 0), (10, 10))
    region.pop()
    region.add((), (0, 0), (10, 10))
    assert region.pop() == ((), (0, 0), (10, 10))


def test_what_a_piece_covers_of_other_boxes_is_not_handed_out_twice():
    region = DirtyRegion((100, 100), piece_px=20)
    region.add((), (0, 0), (20, 20))
    region.add((), (0, 40), (20, 60))
    region.add((), (5, 0), (15, 60))
    counts = draw([((0,), start, stop) for _, start, stop in drain(region)])
    assert counts.max() == 1


def test_cleared_means_nothing_waits():
    region = DirtyRegion((100, 100), piece_px=100)
    region.add((), (0, 0), (10, 10))
    region.clear()
    assert not region
    assert region.pop() is None


def test_a_piece_without_pixels_is_refused():
    with pytest.raises(ValueError, match="0 px"):
        DirtyRegion((100, 100), piece_px=0)
