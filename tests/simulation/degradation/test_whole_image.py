"""Levels of whole images: percentiles, samples of large ones, the cache of previews."""

import gc
import weakref

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.degradation.whole_image import (
    MeasuredImages,
    WholeImage,
    sample_evenly,
)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32"])
@pytest.mark.parametrize("percent", [0, 0.1, 37.5, 99.9, 100])
def test_percentiles_are_those_of_numpy(dtype, percent):
    values = np.random.default_rng(1).normal(100, 30, (53, 61)).clip(0, 255).astype(dtype)
    found = WholeImage(values).percentile(percent)
    assert found == pytest.approx(np.percentile(values, percent), rel=1e-6)


def test_a_sample_is_spread_over_all_axes():
    index = np.arange(40 * 50 * 60).reshape(40, 50, 60)
    sample = sample_evenly(index, 5000)
    assert 2000 < sample.size <= 5000
    for axis in range(3):
        places = np.unique(np.stack(np.unravel_index(sample, index.shape))[axis])
        assert len(places) > 10
    assert sample_evenly(index, 10**6).shape == index.shape


def test_a_level_of_a_large_image_is_close():
    values = np.random.default_rng(2).normal(0, 1, (3, 1500, 1500)).astype(np.float32)
    assert WholeImage(values).percentile(99.9) == pytest.approx(3.09, abs=0.05)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_levels_of_what_is_not_finite_are_refused(bad):
    values = np.ones((5, 5), np.float32)
    values[2, 2] = bad
    with pytest.raises(UserError, match="cells holds NaN or infinite values"):
        WholeImage(values, "cells").percentile(50)


def test_an_image_is_measured_once_until_it_is_edited():
    images, array = MeasuredImages(), np.arange(100.0).reshape(10, 10)
    first = images.find(array)
    assert first.percentile(100) == 99
    assert images.find(array) is first
    array[9, 9] = 500
    assert images.find(array).percentile(100) == 500
    assert images.find(array.copy()) is not images.find(array)


def test_the_cache_keeps_no_image_alive():
    images, array = MeasuredImages(), np.zeros((10, 10))
    images.find(array)
    reference = weakref.ref(array)
    del array
    gc.collect()
    assert reference() is None


def test_the_cache_forgets_levels_of_images_that_are_gone():
    images, array = MeasuredImages(), np.zeros((10, 10))
    levels = weakref.ref(images.find(array))
    del array
    gc.collect()
    images.find(np.ones((5, 5)))
    assert levels() is None
