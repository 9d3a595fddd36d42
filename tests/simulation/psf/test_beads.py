"""Beads drawn at known places give their PSF back; so do real ones."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image
from napari_fidelity.simulation.psf import (
    BeadSettings,
    average_beads,
    measure_fwhm_um,
    psf_from_image,
)

PLACES = [(9.2, 20.3, 22.7), (10.6, 21.0, 60.4), (9.8, 60.5, 21.2), (10.1, 58.8, 61.1)]
SIGMAS = np.array([1.6, 2.2, 2.8])  # px
SIZES = {"pixel_size_um": 0.1, "z_step_um": 0.2}


def draw_beads(places, heights, shape=(21, 82, 84)):
    grid = np.indices(shape).astype(float)
    stack = np.full(shape, 100.0)
    for place, height in zip(places, heights, strict=True):
        away = (grid - np.reshape(place, (3, 1, 1, 1))) / SIGMAS.reshape(3, 1, 1, 1)
        stack += height * np.exp(-(away**2).sum(axis=0) / 2)
    return np.random.default_rng(0).poisson(stack).astype(np.uint16)


def test_known_beads_give_their_width_back():
    psf = average_beads(Image(draw_beads(PLACES, [900, 1200, 700, 1000])), **SIZES)
    assert psf.warnings == ()
    expected = 2.3548 * SIGMAS * (0.2, 0.1, 0.1)
    assert measure_fwhm_um(psf) == pytest.approx(expected, rel=0.05)
    assert np.unravel_index(psf.array.argmax(), psf.array.shape) == tuple(
        side // 2 for side in psf.array.shape
    )
    centre = [np.average(g, weights=psf.array) for g in np.indices(psf.array.shape)]
    np.testing.assert_allclose(centre, (np.array(psf.array.shape) - 1) / 2, atol=0.25)


def test_unusable_beads_are_left_out_and_counted():
    places = [*PLACES, (10, 40, 2), (10, 60, 70)]  # at the border; beside another
    stack = draw_beads(places, [900] * 6)
    stack[10, 20, 23] = 65535  # saturated
    psf = average_beads(Image(stack), BeadSettings(shape=(13, 25, 25), least_height=0.01), **SIZES)
    assert psf.array.shape == (13, 25, 25)
    assert psf.warnings[0].startswith("2 of 6 beads were averaged")
    assert "Only 2" in psf.warnings[1]


@pytest.mark.parametrize(
    ("stack", "settings", "words"),
    [
        (np.random.default_rng(1).normal(100, 5, (9, 40, 40)), {}, "No bead stands out"),
        (draw_beads([(10, 1, 30)], [900]), {}, "cut off along Y"),
        (draw_beads([(10, 40, 40), (10, 40, 52)], [900, 800]), {}, "None of the 2 beads can be"),
        (draw_beads(PLACES, [900] * 4), {"shape": (4, 9, 9)}, "odd sides"),
        (np.full((9, 40, 40), np.nan), {}, "NaN"),
    ],
)
def test_images_without_usable_beads_are_refused(stack, settings, words):
    with pytest.raises(UserError, match=words):
        average_beads(Image(stack), BeadSettings(**settings), **SIZES)


def test_beads_without_a_pixel_size_are_refused():
    with pytest.raises(UserError, match="z step"):
        average_beads(Image(draw_beads(PLACES, [900] * 4)))
    with pytest.raises(UserError, match="axes TYX"):
        average_beads(Image(np.ones((3, 30, 30)), axes="TYX"), pixel_size_um=0.1)


@pytest.mark.data
def test_real_beads_give_the_psf_that_was_published_with_them(data_folder):
    sizes = {"pixel_size_um": 0.0225, "z_step_um": 0.125}
    beads = read_image(data_folder / "psf" / "Bead_Image1_crop.tif")
    published = read_image(data_folder / "psf" / "measured_psf_from_beads_25x21x21.tif")
    ours = average_beads(beads, BeadSettings(shape=(25, 21, 21)), **sizes)
    theirs = psf_from_image(published, **sizes)
    assert ours.warnings == ()  # all four beads
    assert np.corrcoef(ours.array.ravel(), theirs.array.ravel())[0, 1] > 0.94
    assert measure_fwhm_um(ours) == pytest.approx((0.56, 0.23, 0.17), rel=0.07)
    assert measure_fwhm_um(theirs) == pytest.approx((0.56, 0.23, 0.17), rel=0.03)
