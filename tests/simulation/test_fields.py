"""Random fields have unit variance and the stated correlation."""

import numpy as np
import pytest

from napari_fidelity.simulation.fields import draw_uniforms, smooth_field


def test_field_has_unit_variance_and_gaussian_correlation():
    field = smooth_field((700, 700), (3.0, 3.0), seed=5, stream=1)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.var() == pytest.approx(1, abs=0.05)
    lagged = (field[:, 4:] * field[:, :-4]).mean()
    assert lagged == pytest.approx(np.exp(-(4**2) / (4 * 3.0**2)), abs=0.05)


def test_draws_stay_in_their_interval_and_depend_on_the_seed():
    draws = draw_uniforms(5000, seed=1, stream=2, low=-2, high=4)
    assert draws.min() > -2
    assert draws.max() < 4
    assert draws.mean() == pytest.approx(1, abs=0.1)
    assert (draws != draw_uniforms(5000, seed=2, stream=2, low=-2, high=4)).all()
