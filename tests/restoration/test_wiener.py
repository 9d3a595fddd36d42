"""The Wiener filters: scikit-image's formula inside, mirrored borders, a balance that is found."""

import numpy as np
import pytest
from skimage import restoration

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.restoration.fourier import extend_periodically
from napari_fidelity.restoration.unsupervised_wiener import (
    UnsupervisedWienerSettings,
    run_unsupervised_wiener,
    settle_unsupervised_wiener,
)
from napari_fidelity.restoration.wiener import (
    WienerSettings,
    find_wiener_halo,
    measure_wiener_halo,
    run_wiener,
    settle_wiener,
)
from napari_fidelity.restoration.wiener_filter import find_grid
from tests.restoration.scenes import blur, draw_specks, make_gaussian, measure_error

PSF = make_gaussian(11, 1.5)


def restore(image, psf=PSF, **settings):
    settings = {"clip": False, **settings}
    return run_wiener(
        np.asarray(image, np.float32), WienerSettings(**settings), psf=psf, progress=Progress()
    )


def draw_smooth(shape=(96, 90), noise_sd=2.0):
    """Specks that an optics has seen, on a background, with noise."""
    smooth = blur(draw_specks(shape), make_gaussian(9, 1.0)) + 50
    noise = np.random.default_rng(1).normal(0, noise_sd, shape)
    return smooth, (blur(smooth - 50, PSF) + 50 + noise).astype(np.float32)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1)])
def test_a_single_pixel_and_a_single_row_come_through(shape):
    point = np.ones((1, 1), np.float32)
    image = np.random.default_rng(0).poisson(50, shape).astype(np.float32)
    np.testing.assert_allclose(restore(image, point, balance=1e-6), image, rtol=1e-3)
    settled = settle_unsupervised_wiener(
        image, UnsupervisedWienerSettings(), psf=point, progress=Progress()
    )
    assert settled.settings.balance > 0


@pytest.mark.parametrize("shape", [(96, 91), (40, 41, 42)])
def test_inside_it_is_the_filter_of_scikit_image(shape):
    psf = make_gaussian((5,) * len(shape), 0.9)
    image = blur(draw_specks(shape), psf)
    ours = restore(image, psf, balance=0.05)
    theirs = restoration.wiener(image, psf.astype(float), 0.05, clip=False)
    inner = (slice(16, -16),) * len(shape)
    assert measure_error(ours[inner], theirs[inner]) < 1e-4


def test_opposite_borders_know_nothing_of_each_other():
    image = np.zeros((64, 64), np.float32)
    image[:, -3:] = 100
    restored = restore(image, balance=0.01)
    assert np.abs(restored[:, :20]).max() < 1e-2


def test_the_mean_is_kept_and_what_is_negative_cut_if_wanted():
    _, image = draw_smooth()
    restored = restore(image - 45)
    assert restored.mean() == pytest.approx((image - 45).mean(), rel=1e-2)
    assert restored.min() < 0
    assert restore(image - 45, clip=True).min() == 0


def test_tiles_agree_with_the_whole():
    _, image = draw_smooth((200, 80))
    halo = find_wiener_halo(WienerSettings(), PSF.shape)[0]
    whole, part = restore(image), restore(image[100 - halo :])[halo:]
    assert measure_error(part, whole[100:]) < 1e-4


def test_the_reach_is_measured_on_the_filter_itself():
    _, image = draw_smooth((240, 60))
    for psf in (PSF, np.ones((3, 3), np.float32) / 9):
        halo = measure_wiener_halo(WienerSettings(), psf)[0]
        whole, part = restore(image, psf), restore(image[120 - halo :], psf)[halo:]
        assert measure_error(part, whole[120:]) < 1e-3
    motion = np.ones((15, 1), np.float32) / 15
    assert measure_wiener_halo(WienerSettings(), motion) is None  # it rings through everything


@pytest.mark.parametrize("noise_sd", [1.0, 6.0])
def test_the_balance_is_that_of_scikit_images_sampler_when_it_has_settled(noise_sd):
    _, image = draw_smooth(noise_sd=noise_sd)
    found = settle_unsupervised_wiener(
        image, UnsupervisedWienerSettings(), psf=PSF, progress=Progress()
    )
    periodic = extend_periodically(image, find_grid(image.shape, PSF.shape)).astype(float)
    assert periodic.shape[0] != periodic.shape[1] // 2 + 1  # what confuses scikit-image
    periodic = (periodic - periodic.mean()) / periodic.std()
    chain = restoration.unsupervised_wiener(
        periodic,
        PSF.astype(float),
        clip=False,
        rng=0,
        user_params={"min_num_iter": 500, "max_num_iter": 500},
    )[1]
    prior, noise = (np.mean(chain[name][250:]) for name in ("prior", "noise"))
    assert found.settings.balance == pytest.approx(prior / noise, rel=0.15)


def test_a_found_balance_beats_one_that_is_far_off():
    truth, image = draw_smooth(noise_sd=4.0)

    def run(**settings):
        restored = run_unsupervised_wiener(
            image, UnsupervisedWienerSettings(**settings), psf=PSF, progress=Progress()
        )
        return np.sqrt(np.mean((restored - truth)[8:-8, 8:-8] ** 2))

    found = run()
    assert found < 0.8 * np.sqrt(np.mean((image - truth)[8:-8, 8:-8] ** 2))
    assert found < min(run(balance=1e-4), run(balance=100))


def test_constant_images_and_a_request_to_stop():
    flat = np.full((40, 40), 7, np.float32)
    settings = UnsupervisedWienerSettings()
    restored = run_unsupervised_wiener(flat, settings, psf=PSF, progress=Progress())
    np.testing.assert_allclose(restored, 7, rtol=1e-5)
    with pytest.raises(Cancelled):
        run_unsupervised_wiener(
            draw_smooth()[1], settings, psf=PSF, progress=Progress(is_cancelled=lambda: True)
        )


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(UserError, match="'balance' must be more than 0, not 0"):
        WienerSettings.parse({"balance": 0})
    with pytest.raises(UserError, match="PSF is missing"):
        restore(np.ones((40, 40)), psf=None)


@pytest.mark.parametrize("clip", [True, False])
def test_much_below_zero_is_told_where_it_is_clipped(clip):
    sample = np.array([[-1.0, 1.0], [2.0, 3.0]], np.float32)
    psf = np.ones((1, 1), np.float32)
    for settings, settle in (
        (WienerSettings(clip=clip), settle_wiener),
        (UnsupervisedWienerSettings(clip=clip, balance=1), settle_unsupervised_wiener),
    ):
        notes = settle(sample, settings, psf=psf, progress=Progress()).notes
        assert [note[:34] for note in notes] == ["25% of the pixels are below zero: "] * clip
