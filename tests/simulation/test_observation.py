"""The observation model: levels, noise that grows, a field with the stated skew, locality."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from napari_fidelity.metrics.masks import background_region
from napari_fidelity.simulation.observation import Levels, ObservationModel, measure_levels
from napari_fidelity.simulation.response import observe, stray_light

WHITE = ObservationModel(pixel_factor=1.0)
MIXED = ObservationModel(
    pixel_factor=0.07,
    pixel_exponent=-0.5,
    foreground_factor=0.08,
    haze_share=0.3,
    field_scales_px=(4.0, 12.0),
    field_skew=0.8,
)
LEVELS = Levels(foreground_mean=60, foreground_sd=20, background_mean=6, background_sd=1.5)


@pytest.fixture(scope="module")
def scene():
    mask = np.zeros((256, 256), bool)
    mask[60:110, 40:100] = mask[150:200, 130:210] = True
    signal = ndimage.gaussian_filter(mask * np.linspace(0.6, 1.4, 256), 4).astype(np.float32)
    return signal, mask, background_region(mask)


@pytest.mark.parametrize("model", [WHITE, MIXED], ids=["white", "mixed"])
@pytest.mark.parametrize("gain", [1, 50])
def test_the_four_levels_are_met_in_any_unit(scene, model, gain):
    levels = Levels(**{key: gain * value for key, value in LEVELS.model_dump().items()})
    found = measure_levels(observe(*scene, levels, model, seed=1, origin=(0, 0)), *scene[1:])
    assert found.foreground_mean == pytest.approx(levels.foreground_mean, rel=0.02)
    assert found.foreground_sd == pytest.approx(levels.foreground_sd, rel=0.1)
    assert found.background_mean == pytest.approx(levels.background_mean, rel=0.1)
    assert found.background_sd == pytest.approx(levels.background_sd, rel=0.2)


def test_pixel_noise_is_that_of_the_model(scene):
    signal, _, background = scene
    pairs = [observe(*scene, LEVELS, MIXED, seed=seed, origin=(0, 0)) for seed in (1, 2)]
    # differences of neighbours see pixel noise and hardly anything of fields this smooth
    noise = np.diff(pairs[0] - pairs[1], axis=1) / 2
    contrast = LEVELS.contrast
    dark = MIXED.pixel_factor * 1.5 * (1.5 / contrast) ** MIXED.pixel_exponent
    assert noise[background[:, 1:]].std() == pytest.approx(dark, rel=0.1)
    bright = np.abs(signal - 1) < 0.05
    assert noise[bright[:, 1:]].std() == pytest.approx(0.08 * 20, rel=0.1)


def test_the_expectation_has_no_noise_and_its_levels(scene):
    first, second = (
        observe(*scene, LEVELS, MIXED, seed=seed, origin=(0, 0), noise=False) for seed in (1, 2)
    )
    np.testing.assert_array_equal(first, second)
    found = measure_levels(first, *scene[1:])
    assert found.foreground_sd == pytest.approx(LEVELS.foreground_sd, rel=0.02)
    assert found.foreground_mean == pytest.approx(LEVELS.foreground_mean, rel=0.001)


@pytest.mark.parametrize("skew", [0.0, 0.25])
def test_the_field_has_the_stated_moments(skew):
    model = ObservationModel(field_scales_px=(1.0,), field_skew=skew)
    field = stray_light((600, 600), model, seed=5, origin=(0, 0)).astype(np.float64)
    assert field.mean() == pytest.approx(0, abs=0.03)
    assert field.std() == pytest.approx(1, abs=0.05)
    expected = (np.exp(skew**2) + 2) * np.sqrt(np.expm1(skew**2))
    assert stats.skew(field.ravel()) == pytest.approx(expected, abs=0.25)
    neighbours = np.corrcoef(field[:, 1:].ravel(), field[:, :-1].ravel())[0, 1]
    assert neighbours == pytest.approx(np.exp(-1 / 4), abs=0.05)
    loud = stray_light(
        (600, 600), model.model_copy(update={"field_skew": 1.0}), seed=5, origin=(0, 0)
    )
    assert loud.max() == 4


def test_a_crop_of_the_field_is_the_field_of_the_crop():
    whole = stray_light((2, 90, 80), MIXED, seed=5, origin=(4, 0, 0))
    crop = stray_light((1, 50, 30), MIXED, seed=5, origin=(5, 40, 50))
    np.testing.assert_allclose(crop, whole[1:, 40:, 50:], atol=1e-5)


def test_a_mask_without_background_or_spread_still_gives_numbers(scene):
    signal, mask, _ = scene
    nothing = np.zeros_like(mask)
    flat = Levels(foreground_mean=5, foreground_sd=0, background_mean=5, background_sd=0)
    for levels in (LEVELS, flat):
        assert np.isfinite(
            observe(signal, mask, nothing, levels, MIXED, seed=0, origin=(0, 0))
        ).all()
    constant = np.ones_like(signal)
    assert np.isfinite(observe(constant, mask, ~mask, LEVELS, MIXED, seed=0, origin=(0, 0))).all()


def test_background_beyond_stray_light_is_pixel_noise(scene):
    loud = LEVELS.model_copy(update={"background_sd": 12.0})
    limited = MIXED.model_copy(update={"field_limit": 0.05})
    pairs = [observe(*scene, loud, limited, seed=seed, origin=(0, 0)) for seed in (1, 2)]
    noise = np.diff(pairs[0] - pairs[1], axis=1)[scene[2][:, 1:]] / 2
    # haze may take 0.3 of the variance, the field (0.05 · 54)²; the rest is drawn pixel by pixel
    assert noise.std() == pytest.approx(np.sqrt(0.7 * 12**2 - (0.05 * 54) ** 2), rel=0.05)
