"""Scaling measured in parts is that of the whole, and undoing it gives the image back."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.normalisation import Scaling, measure_scaling

MEAN_SD = Normalisation(kind="mean-sd")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr("napari_fidelity.inference.lazy_arrays.BLOCK_BYTES", 1000)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4", "f8"])
def test_moments_and_percentiles_are_those_of_numpy(dtype):
    values = np.random.default_rng(0).gamma(3, 20, (3, 61, 47)).clip(0, 250).astype(dtype)
    found = measure_scaling(values, MEAN_SD)
    assert found.scaling.offset == pytest.approx(values.mean(dtype=float), rel=1e-12)
    assert found.scaling.span == pytest.approx(values.std(dtype=float), rel=1e-12)
    found = measure_scaling(values, Normalisation(low=3, high=91))
    low, high = np.percentile(values.astype(float), (3, 91))
    assert (found.scaling.offset, found.scaling.span) == pytest.approx((low, high - low), rel=1e-12)
    assert found.pixels == found.finite == values.size


def test_a_large_offset_does_not_drown_the_spread():
    values = 1e9 + np.random.default_rng(0).normal(0, 1, (200, 200))
    scaling = measure_scaling(values, MEAN_SD).scaling
    assert scaling.span == pytest.approx(values.std(), rel=1e-9)
    scaled = scaling.apply(values)
    assert scaled.std() == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(scaling.undo(scaled), values, rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["?", "u1", "i2", "u2", "i4", "u8", "f2", "f4", "f8"])
def test_undo_gives_back_what_was_scaled(dtype):
    values = np.arange(120).reshape(10, 12).astype(dtype)
    scaling = Scaling(17.0, 3.0, "percentile")
    scaled = scaling.apply(values)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, (values.astype(float) - 17) / 3, rtol=1e-6)
    np.testing.assert_allclose(scaling.undo(scaled), values, rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(scaling.undo_spread(scaled), scaled * 3, rtol=1e-6)


def test_values_that_are_not_finite_do_not_count():
    values = np.random.default_rng(0).normal(5, 2, (40, 40))
    values[3, :7] = (np.nan, np.inf, -np.inf, np.nan, np.nan, np.nan, np.nan)
    finite = values[np.isfinite(values)]
    found = measure_scaling(values, MEAN_SD)
    assert (found.pixels, found.finite) == (1600, 1593)
    assert found.scaling.offset == pytest.approx(finite.mean(), rel=1e-12)
    assert measure_scaling(values, Normalisation(kind="none")).finite == 1593


def test_cancelling_stops_between_blocks():
    seen = []
    progress = Progress(lambda *step: seen.append(step), lambda: len(seen) == 3)
    with pytest.raises(Cancelled):
        measure_scaling(np.zeros((100, 100)), MEAN_SD, progress)
    assert [done for done, _, _ in seen] == [0, 1, 2]
