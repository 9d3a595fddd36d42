"""The camera's mean and variance are those of its model."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.noise import Camera, expose

CAMERA = Camera(photons=200, background_photons=5, gain=2.5, offset=120, read_noise=3)


@pytest.mark.parametrize("signal", [0.0, 0.1, 1.0])
def test_mean_and_variance_follow_the_model(signal):
    levels = expose(np.full((400, 400), signal), CAMERA, seed=3).astype(float)
    rate = 200 * signal + 5
    variance = 2.5**2 * (rate + 3**2) + 1 / 12
    assert levels.mean() == pytest.approx(120 + 2.5 * rate, abs=5 * np.sqrt(variance) / 400)
    assert levels.var() == pytest.approx(variance, rel=0.02)


def test_noise_of_neighbours_is_independent():
    levels = expose(np.ones((300, 300)), CAMERA, seed=4).astype(float)
    correlation = np.corrcoef(levels[:, 1:].ravel(), levels[:, :-1].ravel())[0, 1]
    assert abs(correlation) < 0.015


def test_crop_that_knows_its_origin_gets_the_same_noise():
    signal = np.linspace(0, 2, 48 * 40).reshape(48, 40)
    whole = expose(signal, CAMERA, seed=9)
    part = expose(signal[10:20, 7:30], CAMERA, seed=9, origin=(10, 7))
    np.testing.assert_array_equal(part, whole[10:20, 7:30])
    assert (expose(signal, CAMERA, seed=10) != whole).mean() > 0.9


def test_bright_pixels_saturate_at_the_bit_depth():
    levels = expose(np.full((4, 4), 1e4), Camera(bits=12), seed=0)
    assert levels.dtype == np.uint16
    assert (levels == 4095).all()


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf])
def test_impossible_light_is_refused(value):
    with pytest.raises(UserError, match="never negative"):
        expose(np.array([[1.0, value]]), CAMERA, seed=0)
