"""Blocks of keyed noise equal the whole, are drawn once while they are held, and few are held."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fidelity.core.random import normal
from napari_fidelity.inference.noise_cache import NoiseCache
from napari_fidelity.simulation.observation import ObservationModel
from napari_fidelity.simulation.response import stray_light

ORIGIN = (4, 1000, 77)


class Counted:
    """A keyed field that counts how often it is drawn."""

    def __init__(self):
        self.draws = 0

    def __call__(self, shape, origin):
        self.draws += 1
        return normal(shape, seed=3, origin=origin)


@settings(deadline=None)
@given(
    st.integers(0, 2),
    st.tuples(st.integers(-50, 90), st.integers(-50, 90)),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_any_box_is_the_crop_of_the_whole(plane, start, size):
    cache = NoiseCache(Counted(), ORIGIN, block_px=32)
    stop = (start[0] + size[0], start[1] + size[1])
    origin = (4 + plane, 1000 + start[0], 77 + start[1])
    expected = normal((1, *size), seed=3, origin=origin)[0]
    np.testing.assert_array_equal(cache.read((plane,), start, stop), expected)


def test_blocks_of_smooth_stray_light_join_without_a_seam():
    model = ObservationModel(field_scales_px=(2.0, 5.0), field_skew=1.1)
    cache = NoiseCache(
        lambda shape, origin: stray_light(shape, model, seed=8, origin=origin), (5, 9), block_px=16
    )
    whole = stray_light((70, 50), model, seed=8, origin=(5, 9))
    np.testing.assert_array_equal(cache.read((), (0, 0), (70, 50)), whole)


def test_a_block_is_drawn_once_while_it_is_held():
    field = Counted()
    cache = NoiseCache(field, ORIGIN, block_px=32)
    for start in (0, 5, 10):
        cache.read((0,), (start, 0), (start + 20, 20))
    assert field.draws == 1
    cache.read((1,), (0, 0), (20, 20))
    assert field.draws == 2


def test_the_block_used_longest_ago_goes_first():
    field = Counted()
    cache = NoiseCache(field, ORIGIN, block_px=32, limit_bytes=2 * 4 * 32**2)
    first, second, third = (((0,), (y, 0), (y + 32, 32)) for y in (0, 32, 64))
    for box in (first, second, first, third):
        cache.read(*box)
    assert (len(cache), field.draws) == (2, 3)
    cache.read(*first)
    assert field.draws == 3
    cache.read(*second)
    assert field.draws == 4
