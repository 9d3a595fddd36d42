"""The command makes the PSF that was asked for, and says in a sentence what it cannot."""

import numpy as np
import pytest
import tifffile
from scipy import special

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image

OPTICS = {"--model": "born-wolf", "--na": 1.4, "--wavelength-nm": 520, "--refractive-index": 1.515}
BORN_WOLF = ["psf", *(word for option in OPTICS.items() for word in option)]
PIXEL = ("--pixel-size-um", "0.05")


def test_computed_plane_is_the_airy_pattern_with_its_pixel_size(run, tmp_path):
    path = tmp_path / "PSF.tif"
    outcome = run(*BORN_WOLF, *PIXEL, "--shape", 65, 65, "-o", path)
    assert outcome.code == 0
    assert "65×65 pixels, FWHM 0.191×0.191 µm" in outcome.err
    image = read_image(path)
    assert (image.axes, image.shape, image.array.dtype) == ("YX", (65, 65), np.float32)
    assert (image.scale, image.units) == ((0.05, 0.05), ("micrometer", "micrometer"))
    assert tifffile.imread(path).sum() == pytest.approx(1, abs=1e-6)
    y, x = np.indices((65, 65)) - 32
    v = 2 * np.pi * 1.4 / 0.52 * 0.05 * np.maximum(np.hypot(y, x), 1e-9)
    airy = (2 * special.j1(v) / v) ** 2
    np.testing.assert_allclose(image.array, airy / airy.sum(), atol=1e-5 * airy.max() / airy.sum())
    assert image.provenance["psf"]["numerical_aperture"] == 1.4


def test_a_psf_that_is_too_small_to_have_a_width_says_so(run, tmp_path):
    outcome = run(*BORN_WOLF, *PIXEL, "--shape", 1, 1, "-o", tmp_path / "PSF.tif")
    assert outcome.code == 0
    assert "1×1 pixels, too few to measure its FWHM." in outcome.err


def test_volume_of_a_preset_with_a_shape_of_its_own(run, tmp_path):
    path = tmp_path / "PSF.ome.tif"
    words = ["--objective", "10x-0.3", "--microscope", "confocal", "--pixel-size-um", 0.3]
    outcome = run("psf", *words, "--z-step-um", 2, "-o", path)
    assert outcome.code == 0
    image = read_image(path)
    assert image.axes == "ZYX"
    assert image.scale == (2, 0.3, 0.3)
    assert image.array.sum() == pytest.approx(1, abs=1e-6)


def test_what_is_wrong_with_the_pixels_is_noted(run, tmp_path):
    outcome = run(*BORN_WOLF, "--pixel-size-um", 0.3, "-o", tmp_path / "PSF.tif")
    assert outcome.code == 0
    assert "Note: Pixels of 0.3 µm are too coarse" in outcome.err


def test_measured_psf_and_beads(run, tmp_path):
    grid = np.indices((64, 64))
    spots = [(20.3, 20.0), (44.0, 41.6), (21, 45)]
    beads = sum(np.exp(-((grid[0] - y) ** 2 + (grid[1] - x) ** 2) / 8) for y, x in spots)
    units = ("micrometer", "micrometer")
    stack = Image((100 + 900 * beads).astype(np.uint16), scale=(0.1, 0.1), units=units)
    write_image(tmp_path / "beads.tif", stack)
    averaged, cut = tmp_path / "averaged.tif", tmp_path / "cut.tif"
    assert run("psf", "--beads", tmp_path / "beads.tif", "-o", averaged).code == 0
    assert run("psf", "--measured", averaged, "--shape", 11, 11, "-o", cut).code == 0
    first, second = read_image(averaged), read_image(cut)
    assert second.shape == (11, 11)
    assert second.scale == pytest.approx((0.1, 0.1))
    middle = first.array[tuple(slice(side // 2 - 5, side // 2 + 6) for side in first.shape)]
    np.testing.assert_allclose(second.array, middle / middle.sum(), rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*PIXEL, "--na", "1.6"], "The numerical aperture 1.6 is above the refractive index 1.515"),
        (["--pixel-size-um", "0"], "--pixel-size-um must be more than 0, not 0."),
        ([], "How large is a pixel? State it with --pixel-size-um."),
        ([*PIXEL, "--shape", "64", "64"], "--shape must be odd numbers"),
        ([*PIXEL, "--shape", "5", "5", "5"], "--shape has 3 number(s)"),
        ([*PIXEL, "--z-step-um", "-1"], "--z-step-um must be more than 0, not -1."),
        ([*PIXEL, "--z-step-um", "1", "--defocus-um", "1"], "A volume has its own focus"),
        ([*PIXEL, "--na", "wide"], "--na must be a number, not 'wide'."),
        ([*PIXEL, "--pinhole-au", "-1"], "--pinhole-au must be 0 or more, not -1"),
        ([*PIXEL, "--objective", "7x"], "There is no objective '7x'"),
        (["--measured", "psf.tif", "--na", "1"], "--na is for computed PSFs"),
        (["--measured", "nowhere.tif"], "There is no file nowhere.tif."),
    ],
)
def test_mistakes_are_told_in_a_sentence(refuse, tmp_path, words, sentence):
    assert refuse("psf", *words, "-o", tmp_path / "PSF.tif").startswith(sentence)
    assert not list(tmp_path.iterdir())
