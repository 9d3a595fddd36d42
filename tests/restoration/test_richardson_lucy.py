"""Richardson–Lucy: the published iteration inside, no border artefact, rules that stop it."""

import numpy as np
import pytest
from scipy.signal import fftconvolve
from skimage.restoration import richardson_lucy

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.restoration.richardson_lucy import (
    RichardsonLucySettings,
    find_richardson_lucy_halo,
    run_richardson_lucy,
    settle_richardson_lucy,
)
from tests.restoration.scenes import blur, draw_specks, make_gaussian, measure_error

PSF = make_gaussian(13, 2.0)


def restore(image, psf=PSF, progress=None, **settings):
    settings = {"tv_weight": 0, "background": 0, **settings}
    return run_richardson_lucy(
        np.asarray(image, np.float32),
        RichardsonLucySettings(**settings),
        psf=psf,
        progress=progress or Progress(),
    )


@pytest.mark.parametrize(
    ("shape", "sides"), [((96, 101), (9, 7)), ((40, 41, 42), (5, 7, 5))], ids=["plane", "volume"]
)
def test_inside_it_is_the_iteration_of_scikit_image(shape, sides):
    psf = make_gaussian(sides, 0.9)
    image = np.random.default_rng(0).poisson(blur(draw_specks(shape), psf) + 5.0)
    ours = restore(image, psf, iterations=8)
    theirs = richardson_lucy(image.astype(float), psf.astype(float), num_iter=8, clip=False)
    inner = tuple(slice(2 * side, -2 * side) for side in sides)
    assert measure_error(ours[inner], theirs[inner]) < 1e-4


def test_an_asymmetric_psf_is_not_mirrored():
    psf = np.zeros((9, 9))
    psf[4, 4:] = [4, 3, 2, 1, 0.5]
    truth = draw_specks((80, 80))
    restored = restore(blur(truth, psf / psf.sum()), psf, iterations=60)
    assert np.corrcoef(restored.ravel(), truth.ravel())[0, 1] > 0.98


def test_light_is_kept_and_never_negative():
    truth = np.zeros((90, 90))
    truth[40:50, 41:48] = draw_specks((10, 7))
    image = blur(truth, PSF)
    restored = restore(image, iterations=25)
    assert restored.min() >= 0
    assert restored.sum() == pytest.approx(image.sum(), rel=1e-4)
    steady = restore(image, iterations=25, tv_weight=0.002)
    assert steady.sum() == pytest.approx(image.sum(), rel=5e-3)


def test_a_flat_image_stays_flat_up_to_its_borders():
    flat = np.full((60, 50), 100.0)
    for settings in ({}, {"tv_weight": 0.01}, {"background": 90}):
        np.testing.assert_allclose(restore(flat, iterations=30, **settings), flat, rtol=5e-3)


def test_objects_across_a_border_neither_ring_nor_come_back_on_the_other_side():
    truth = np.full((140, 160), 10.0)
    truth[60:100, 110:] = 200  # the image ends in the middle of it
    image = blur(truth, PSF)[20:-20, 20:130]
    restored = restore(image, iterations=50)
    assert np.abs(restored[:, :8] - 10).max() < 0.5  # at its opposite border
    assert np.abs(restored[50:70, -4:] - 200).max() < 10


def test_units_do_not_matter():
    image = np.random.default_rng(1).poisson(blur(draw_specks((64, 64)), PSF) + 5.0)
    settings = {"iterations": 20, "tv_weight": 0.01}
    once = restore(image, background=3, **settings)
    scaled = restore(image * 1e-4, background=3e-4, **settings)
    assert measure_error(scaled * 1e4, once) < 1e-4


def test_the_background_is_modelled_and_left_in_the_result():
    rows, columns = np.indices((80, 80)) - 40
    truth = 200.0 * (np.hypot(rows, columns) < 15)
    image = blur(truth, PSF) + 100
    aware = restore(image, background=100, iterations=40)
    unaware = restore(image, iterations=40)
    assert aware.min() > 100 - 1e-3  # nothing is darker than no light
    assert unaware.min() < 97
    assert aware[5, 5] == pytest.approx(100, abs=1e-3)
    found = settle_richardson_lucy(
        np.float32(image), RichardsonLucySettings(), psf=PSF, progress=Progress()
    )
    assert found.settings.background == pytest.approx(100, abs=1)


def test_total_variation_brings_noisy_images_nearer_to_the_truth():
    truth = np.full((96, 96), 20.0)
    truth[30:60, 30:60] = 80
    image = np.random.default_rng(0).poisson(blur(truth, PSF))
    plain, steady = (restore(image, iterations=60, tv_weight=w) for w in (0, 0.02))
    inner = (slice(10, -10),) * 2
    errors = [np.sqrt(np.mean((x - truth)[inner] ** 2)) for x in (plain, steady)]
    assert errors[1] < 0.6 * errors[0]


def test_flat_regions_become_flat_without_a_checkerboard():
    image = np.random.default_rng(0).poisson(100, (64, 64))
    psf = make_gaussian(3, 0.4)
    checks = (np.indices(image.shape).sum(axis=0) % 2) * 2 - 1
    found = [restore(image, psf, iterations=100, tv_weight=w) for w in (0, 0.002, 0.03, 0.2)]
    deviations = [restored.std() for restored in found]
    assert deviations == sorted(deviations, reverse=True)
    assert deviations[-1] < 1 < 10 < deviations[0]
    patterns = [abs(np.mean(restored * checks)) for restored in found]
    assert patterns == sorted(patterns, reverse=True)
    assert found[-1].mean() == pytest.approx(image.mean(), rel=5e-3)


def test_it_stops_when_little_changes_or_at_the_noise():
    image = np.float32(np.random.default_rng(0).poisson(blur(draw_specks((64, 64)), PSF) + 20.0))

    def settle(**settings):
        settings = {"background": 0, "tv_weight": 0, "iterations": 200, **settings}
        return settle_richardson_lucy(
            image, RichardsonLucySettings(**settings), psf=PSF, progress=Progress()
        )

    loose = settle(stop="change", tolerance=0.05)
    tight = settle(stop="change", tolerance=0.02)
    noise = settle(stop="noise", gain=1)
    assert 1 < loose.settings.iterations < tight.settings.iterations < 200
    assert 1 < noise.settings.iterations < 200
    for found in (loose, tight, noise):
        assert found.settings.stop == "never"
        again = restore(image, iterations=found.settings.iterations)
        np.testing.assert_allclose(found.restored, again, rtol=1e-5, atol=1e-3)
    model = fftconvolve(noise.restored, PSF, mode="same")[8:-8, 8:-8]
    misfit = np.mean((image[8:-8, 8:-8] - model) ** 2 / model)
    assert misfit == pytest.approx(1, abs=0.1)
    assert settle().restored is None


def test_every_iteration_is_told_and_can_be_the_last():
    told = []

    def report(done, total, text):
        told.append((done, total, text))

    restore(np.ones((30, 30)), iterations=4, progress=Progress(report))
    assert told[0] == (0, 4, "Iteration 1 of 4")
    assert [done for done, *_ in told] == [0, 1, 2, 3, 4]
    with pytest.raises(Cancelled):
        restore(
            np.ones((30, 30)),
            iterations=10_000,
            progress=Progress(report, is_cancelled=lambda: len(told) > 20),
        )
    assert len(told) < 25


def test_empty_images_and_hot_pixels_are_survived():
    assert restore(np.zeros((30, 30)), iterations=5).max() < 1e-6
    image = np.zeros((60, 60))
    image[30, 30] = 6e4
    restored = restore(image, iterations=100)
    assert np.isfinite(restored).all()
    assert restored.sum() == pytest.approx(6e4, rel=1e-3)


@pytest.mark.parametrize("kind", ["diffraction", "hard"])
def test_tiles_agree_with_the_whole(kind):
    settings = RichardsonLucySettings(background=10)
    psf = np.ones((9, 9)) if kind == "hard" else make_gaussian(13, 2.0)
    image = np.float32(np.random.default_rng(0).poisson(blur(draw_specks((180, 96)), psf) + 20.0))
    whole = restore(image, psf, tv_weight=0.002, background=10)
    halo = find_richardson_lucy_halo(settings, psf.shape)[0]
    part = restore(image[90 - halo :], psf, tv_weight=0.002, background=10)[halo:]
    assert measure_error(part, whole[90:]) < (1e-4 if kind == "diffraction" else 1e-3)


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(UserError, match="gain of the camera is needed"):
        RichardsonLucySettings.parse({"stop": "noise"})
    with pytest.raises(UserError, match="'iterations' must be 1 or more, not 0"):
        RichardsonLucySettings.parse({"iterations": 0})
    with pytest.raises(UserError, match="PSF of 13×13 px is larger than the image of 9×40 px"):
        restore(np.ones((9, 40)))
    with pytest.raises(UserError, match="PSF is missing"):
        restore(np.ones((40, 40)), psf=None)
    with pytest.raises(UserError, match="PSF has 2 axes, what is restored has 3"):
        restore(np.ones((20, 40, 40)))
    with pytest.raises(UserError, match="NaN"):
        restore(np.ones((40, 40)), psf=np.full((3, 3), np.nan))
    with pytest.raises(UserError, match="no value above 0"):
        restore(np.ones((40, 40)), psf=np.zeros((3, 3)))


def test_pixels_below_zero_are_told():
    dim = np.full((16, 16), -1, np.float32)
    dim[4:9] = 5
    ask = {"psf": np.ones((3, 3), np.float32), "progress": Progress()}
    told = settle_richardson_lucy(dim, RichardsonLucySettings(), **ask).notes
    assert told == ("69% of the pixels are below zero: Richardson–Lucy counts them as no light.",)
    assert settle_richardson_lucy(dim + 1, RichardsonLucySettings(), **ask).notes == ()
