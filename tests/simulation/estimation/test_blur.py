"""The width of a known blur is recovered from points, lines and edges."""

import math

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.operations.estimate import estimate
from napari_fidelity.simulation.estimation import EstimateParams
from napari_fidelity.simulation.noise import expose
from tests.simulation.estimation.scenes import CAMERAS, draw_structure


@pytest.mark.parametrize("sigma", [1.0, 2.5])
@pytest.mark.parametrize(("kind", "camera"), [
    ("points", "scmos"), ("lines", "ccd"), ("discs", "bright"), ("nuclei", "bright"),
])  # fmt: skip
def test_the_width_of_a_gaussian(kind, camera, sigma):
    signal = draw_structure(kind, seed=4, sigma=sigma)
    found = estimate(Image(expose(signal, CAMERAS[camera], seed=2))).blur_sigma_px
    assert found.value == pytest.approx(sigma, rel=0.1)


def test_micrometers_where_the_pixel_size_is_known():
    image = expose(draw_structure("points", sigma=1.7), CAMERAS["scmos"], seed=2)
    plain = estimate(Image(image))
    assert math.isnan(plain.blur_fwhm_um.value)
    assert "pixel size" in plain.blur_fwhm_um.how
    scaled = estimate(Image(image, scale=(100, 100), units=("nanometer",) * 2))
    stated = estimate(Image(image), EstimateParams(pixel_size_um=0.1))
    for found in (scaled, stated):
        expected = plain.blur_sigma_px.value * 0.1 * 2.3548
        assert found.blur_fwhm_um.value == pytest.approx(expected, rel=1e-3)


def test_noise_alone_tells_no_width():
    found = estimate(Image(np.random.default_rng(0).normal(100, 5, (128, 128)))).blur_sigma_px
    assert math.isnan(found.value)
    assert "noise hides" in found.how


def test_an_image_sharper_than_its_pixels_tells_no_width():
    sharp = np.random.default_rng(0).random((160, 160)) < 0.01
    found = estimate(Image(expose(sharp, CAMERAS["scmos"], seed=2))).blur_sigma_px
    assert math.isnan(found.value)
    assert "as fine as the pixels" in found.how
