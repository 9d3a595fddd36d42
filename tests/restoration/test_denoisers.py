"""Denoisers: beside the libraries they call, in any unit, and tile by tile."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import ndimage
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

from napari_fidelity.core.errors import UserError
from napari_fidelity.restoration.bm3d import Bm3dSettings, run_bm3d
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.restoration.gaussian import GaussianSettings, run_gaussian
from napari_fidelity.restoration.noise_level import estimate_noise_sd
from napari_fidelity.restoration.non_local_means import NonLocalMeansSettings, run_non_local_means
from napari_fidelity.restoration.total_variation import (
    TotalVariationSettings,
    run_total_variation,
)

SD = 8.0
DENOISERS = ("gaussian", "non-local-means", "total-variation", "bm3d")


def skip_without_package(key: str) -> None:
    if key == "bm3d":
        pytest.importorskip("bm3d", reason="the package bm3d is not installed")


@pytest.fixture(scope="module")
def truth():
    y, x = np.mgrid[:96, :96]
    disk = np.hypot(y - 48, x - 48) < 30
    stripes = 40 * ((x // 12) % 2)
    return ndimage.gaussian_filter(disk * (100.0 + stripes), 1.0).astype(np.float32)


@pytest.fixture(scope="module")
def noisy(truth):
    noise = np.random.default_rng(1).normal(0, SD, truth.shape)
    return (truth + noise).astype(np.float32)


def rms(values) -> float:
    return float(np.sqrt(np.square(values).mean()))


@pytest.mark.parametrize("key", DENOISERS)
def test_noise_goes_and_structure_stays(key, truth, noisy):
    skip_without_package(key)
    spec = METHODS[key]
    settings = spec.params(sigma_px=1) if key == "gaussian" else spec.params()
    restored = spec.run(noisy, settings, psf=None, progress=None)
    assert restored.dtype == np.float32
    assert restored.shape == noisy.shape
    assert rms(restored - truth) < 0.6 * SD
    assert restored.mean() == pytest.approx(noisy.mean(), rel=0.01)


@pytest.mark.parametrize("key", DENOISERS)
def test_intensities_of_any_unit_give_the_same(key, noisy):
    skip_without_package(key)
    spec, part = METHODS[key], np.ascontiguousarray(noisy[:48, :48])
    plain, scaled = (
        spec.run(image, spec.params(), psf=None, progress=None)
        for image in (part, 1000 + 50 * part)
    )
    np.testing.assert_allclose(scaled, 1000 + 50 * plain, rtol=1e-4)


@pytest.mark.parametrize("key", ["gaussian", "non-local-means", "total-variation"])
def test_a_tile_with_its_halo_is_the_whole(key, noisy):
    spec = METHODS[key]
    settings = spec.params() if key == "gaussian" else spec.params(noise_sd=SD)
    halo = spec.halo_px(settings, None)
    whole = spec.run(noisy, settings, psf=None, progress=None)
    tile = spec.run(np.ascontiguousarray(noisy[: 30 + halo]), settings, psf=None, progress=None)
    assert np.abs(tile[:30] - whole[:30]).max() < 1e-3 * SD


@pytest.mark.parametrize("key", ["non-local-means", "total-variation", "bm3d"])
def test_settled_settings_state_the_noise(key, noisy):
    settled = METHODS[key].settle(noisy, METHODS[key].params())
    assert settled.settings.noise_sd == settled.facts["noise_sd"] == pytest.approx(SD, rel=0.1)
    assert METHODS[key].settle(noisy, settled.settings).facts["noise_sd_from"] == "stated"


@pytest.mark.parametrize("key", DENOISERS)
def test_flat_images_stay_as_they_are(key):
    skip_without_package(key)
    flat = np.full((16, 16), 7, np.float32)
    restored = METHODS[key].run(flat, METHODS[key].params(), psf=None, progress=None)
    np.testing.assert_allclose(restored, 7)


def test_libraries_agree(noisy):
    settings = NonLocalMeansSettings(strength=0.8, noise_sd=SD)
    expected = denoise_nl_means(
        noisy.astype(float), patch_size=5, patch_distance=8, h=0.8 * SD, sigma=SD
    )
    np.testing.assert_allclose(run_non_local_means(noisy, settings), expected, atol=1e-3)
    varied = TotalVariationSettings(strength=1.5, noise_sd=SD, iterations=50)
    expected = SD * denoise_tv_chambolle(noisy / SD, weight=1.5, eps=0, max_num_iter=50)
    np.testing.assert_allclose(run_total_variation(noisy, varied), expected, atol=1e-2)
    blurred = ndimage.gaussian_filter(noisy, 1.5)
    np.testing.assert_array_equal(run_gaussian(noisy, GaussianSettings(sigma_px=1.5)), blurred)


def test_volumes_are_restored_as_volumes(truth):
    noise = np.random.default_rng(2).normal(0, SD, (6, 40, 40))
    volume = (truth[20:60, 20:60] + noise).astype(np.float32)
    apart = run_gaussian(volume, GaussianSettings(sigma_px=1))
    np.testing.assert_allclose(apart[2], run_gaussian(volume[2], GaussianSettings(sigma_px=1)))
    joined = run_gaussian(volume, GaussianSettings(sigma_px=1, sigma_z_px=1))
    assert rms(joined - truth[20:60, 20:60]) < rms(apart - truth[20:60, 20:60])
    settings = NonLocalMeansSettings(patch_px=3, search_px=2)
    assert run_non_local_means(volume, settings).shape == volume.shape
    assert estimate_noise_sd(volume) == pytest.approx(SD, rel=0.1)


def test_bm3d_is_the_authors(noisy):
    bm3d = pytest.importorskip("bm3d", reason="the package bm3d is not installed")
    part = np.ascontiguousarray(noisy[:40, :40])
    found = run_bm3d(part, Bm3dSettings(strength=1.2, noise_sd=SD))
    low, span = float(part.min()), float(np.ptp(part))
    expected = bm3d.bm3d((part.astype(float) - low) / span, 1.2 * SD / span) * span + low
    np.testing.assert_allclose(found, expected.reshape(part.shape), atol=1e-3 * SD)


@pytest.mark.parametrize("key", ["non-local-means", "total-variation", "bm3d"])
def test_a_blank_plane_of_a_noisy_stack_stays_blank(key):
    skip_without_package(key)
    spec = METHODS[key]
    blank = np.full((16, 16), 7, np.float32)
    found = spec.run(blank, spec.params(noise_sd=SD))
    np.testing.assert_allclose(found, blank)


def test_bm3d_says_what_is_missing(monkeypatch, noisy):
    monkeypatch.setitem(sys.modules, "bm3d", None)
    with pytest.raises(UserError, match=r"pip install 'napari-fidelity\[bm3d\]'"):
        run_bm3d(noisy, Bm3dSettings())
    with pytest.raises(UserError, match="blocks of 8×8 px, the image has 4×96"):
        run_bm3d(noisy[:4], Bm3dSettings())
