"""The noise of a known camera has the moments that its settings state."""

import numpy as np
import pytest
from scipy import stats

from napari_fidelity.core import random
from napari_fidelity.simulation.camera_noise import (
    CAMERA_STREAMS,
    CameraNoise,
    count_photons,
    record_levels,
)

SHAPE = (400, 500)


def draws(seed=1):
    return [random.normal(SHAPE, seed=seed, stream=stream) for stream in CAMERA_STREAMS]


@pytest.mark.parametrize("rate", [0.05, 0.5, 3, 12, 29.9, 30.1, 200, 5000])
def test_counts_follow_poisson(rate):
    counts = count_photons(np.full(SHAPE, float(rate)), draws()[0])
    assert np.array_equal(counts, np.rint(counts))
    assert counts.mean() == pytest.approx(rate, rel=0.01 + 3 / np.sqrt(rate * counts.size))
    assert counts.var() == pytest.approx(rate, rel=0.03)
    assert stats.skew(counts, axis=None) == pytest.approx(rate**-0.5, rel=0.1, abs=0.02)


def test_counts_are_exact_quantiles_where_they_are_low():
    score = np.linspace(-4, 4, 801).astype(np.float32)
    for rate in (0.1, 1.0, 7.5, 25.0):
        expected = stats.poisson.ppf(stats.norm.cdf(score.astype(float)), rate)
        found = count_photons(np.full(801, rate), score)
        assert np.mean(found != expected) < 0.005  # on the edge between two counts


def test_mean_and_variance_of_the_levels():
    camera = CameraNoise(offset=100, gain=2, read_noise=3)
    levels = record_levels(np.full(SHAPE, 180, np.float32), camera, draws())
    assert levels.mean() == pytest.approx(180, abs=0.15)
    assert levels.var() == pytest.approx(2 * 80 + 36, rel=0.02)
    assert camera.noise_sd(180) == pytest.approx(np.sqrt(2 * 80 + 36))


def test_below_the_offset_it_is_dark():
    camera = CameraNoise(offset=100, gain=2, read_noise=0)
    levels = record_levels(np.full(SHAPE, 40, np.float32), camera, draws())
    assert (levels == 100).all()
