"""Random fields have unit variance and the stated correlation."""

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.core.random import normal
from napari_fidelity.simulation.fields import draw_uniforms, smooth_field


def test_field_has_unit_variance_and_gaussian_correlation():
    field = smooth_field((700, 700), (3.0, 3.0), seed=5, stream=1)
    assert field.mean() == pytest.approx(0, abs=0.05)
    assert field.var() == pytest.approx(1, abs=0.05)
    lagged = (field[:, 4:] * field[:, :-4]).mean()
    assert lagged == pytest.approx(np.exp(-(4**2) / (4 * 3.0**2)), abs=0.05)


@pytest.mark.parametrize(
    ("shape", "sigmas"), [((70, 45), (6.0, 20.0)), ((3, 40, 33), (0.0, 2.0, 4.5))], ids=str
)
def test_a_field_is_white_noise_under_a_gaussian(shape, sigmas):
    pads = [int(3 * sigma + 0.5) for sigma in sigmas]
    white = normal(
        [size + 2 * pad for size, pad in zip(shape, pads, strict=True)],
        seed=5,
        stream=1,
        origin=[7 - pad for pad in pads],
    )
    blurred = ndimage.gaussian_filter(white.astype(np.float64), sigmas, truncate=3.0)
    point = np.zeros([2 * pad + 1 for pad in pads])
    point[tuple(pads)] = 1
    weights = ndimage.gaussian_filter(point, sigmas, truncate=3.0, mode="constant")
    inner = tuple(slice(pad, pad + size) for size, pad in zip(shape, pads, strict=True))
    expected = blurred[inner] / np.sqrt((weights**2).sum())
    field = smooth_field(shape, sigmas, seed=5, stream=1, origin=(7,) * len(shape))
    np.testing.assert_allclose(field, expected, rtol=0, atol=2e-6)


def test_draws_stay_in_their_interval_and_depend_on_the_seed():
    draws = draw_uniforms(5000, seed=1, stream=2, low=-2, high=4)
    assert draws.min() > -2
    assert draws.max() < 4
    assert draws.mean() == pytest.approx(1, abs=0.1)
    assert (draws != draw_uniforms(5000, seed=2, stream=2, low=-2, high=4)).all()
