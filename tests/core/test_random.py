"""Keyed noise: uniform, independent, the same for any tiling, Poisson by its distribution."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from napari_fidelity.core.random import hash_coordinates, normal, poisson, uniform

SHAPE = (512, 512)


def test_uniforms_are_uniform():
    draws = uniform(SHAPE, seed=11).ravel()
    assert 0 < draws.min() < draws.max() < 1
    assert stats.kstest(draws.astype(np.float64), "uniform").pvalue > 1e-3
    bits = (hash_coordinates(SHAPE, seed=4).ravel()[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    assert np.abs(bits.mean(0) - 0.5).max() < 5 * 0.5 / np.sqrt(bits.shape[0])


def test_neighbours_streams_and_seeds_are_independent():
    draws = uniform(SHAPE, seed=11) - 0.5
    limit = 5 / np.sqrt(draws.size)
    for other in (
        np.roll(draws, 1, 0),
        np.roll(draws, 1, 1),
        draws.T[:, ::-1],  # the diagonal of the transpose alone would be its own neighbour
        uniform(SHAPE, seed=12) - 0.5,
        uniform(SHAPE, seed=11, stream=1) - 0.5,
        uniform(SHAPE, seed=11 + 2**32) - 0.5,
    ):
        assert abs(np.corrcoef(draws.ravel(), other.ravel())[0, 1]) < limit


def test_the_spectrum_is_flat():
    spectrum = np.abs(np.fft.fft2(normal(SHAPE, seed=3))) ** 2 / np.prod(SHAPE)
    # exponential with mean 1: the largest of N is about ln N
    assert spectrum.mean() == pytest.approx(1, abs=0.02)
    assert spectrum.max() < 2 * np.log(spectrum.size)


@settings(max_examples=30, deadline=None)
@given(
    origin=st.tuples(*[st.integers(-50, 2**31)] * 3),
    start=st.tuples(st.integers(0, 2), st.integers(0, 6), st.integers(0, 7)),
    seed=st.integers(0, 2**63 - 1),
)
def test_a_crop_that_knows_its_origin_has_the_same_noise(origin, start, seed):
    whole = uniform((3, 8, 9), seed=seed, origin=origin)
    inner = tuple(first + offset for first, offset in zip(origin, start, strict=True))
    shape = tuple(size - offset for size, offset in zip(whole.shape, start, strict=True))
    crop = uniform(shape, seed=seed, origin=inner)
    np.testing.assert_array_equal(crop, whole[tuple(slice(offset, None) for offset in start)])


def test_normals_are_normal():
    draws = normal(SHAPE, seed=5).ravel().astype(np.float64)
    assert stats.kstest(draws, "norm").pvalue > 1e-3


def test_poisson_inverts_the_distribution_function():
    rate = np.random.default_rng(0).gamma(0.7, 30, (64, 64))
    rate[0] = 0
    draws = poisson(rate, seed=9)
    expected = stats.poisson.ppf(uniform(rate.shape, seed=9).astype(np.float64), rate)
    np.testing.assert_array_equal(draws[1:], expected[1:])
    assert (draws[0] == 0).all()


@pytest.mark.parametrize("rate", [-1.0, np.nan, np.inf])
def test_poisson_refuses_impossible_rates(rate):
    with pytest.raises(ValueError, match="finite and not negative"):
        poisson(np.array([rate]), seed=0)


def test_an_origin_of_another_length_is_an_error():
    with pytest.raises(ValueError, match="does not fit"):
        uniform((3, 3), seed=0, origin=(1,))
