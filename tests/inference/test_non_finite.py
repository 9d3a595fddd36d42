"""Holes are filled, found in any channel, and widened by exactly the reach."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.inference.non_finite import fill_holes, widen_holes


def test_holes_of_any_channel_are_filled_and_told():
    values = np.ones((2, 3, 4), np.float32)
    assert fill_holes(values) is None
    values[0, 1, 2], values[1, 2, 3] = np.nan, -np.inf
    holes = fill_holes(values)
    assert np.argwhere(holes).tolist() == [[1, 2], [2, 3]]
    assert np.argwhere(values == 0).tolist() == [[0, 1, 2], [1, 2, 3]]


@pytest.mark.parametrize("reach", [0, 1, 4])
@pytest.mark.parametrize("shape", [(12, 14), (9, 8, 10)], ids=str)
def test_holes_grow_to_squares_and_cubes(shape, reach):
    holes = np.random.default_rng(0).random(shape) > 0.995
    expected = np.zeros(shape, bool)
    for hole in np.argwhere(holes):
        expected[tuple(slice(max(at - reach, 0), at + reach + 1) for at in hole)] = True
    assert holes.any()
    np.testing.assert_array_equal(widen_holes(holes, reach), expected)
