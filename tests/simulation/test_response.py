"""The response: fitted to a whole image or in parts, applied to each pixel by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from napari_fidelity.metrics.masks import background_region
from napari_fidelity.simulation.observation import Levels, ObservationModel, measure_levels
from napari_fidelity.simulation.response import (
    RESPONSE_REACH_PX,
    Response,
    apply_response,
    blend_weight,
    fit_response,
    fit_response_to_parts,
    observe,
    pixel_draws,
    stray_light,
    typical_response,
)
from napari_fidelity.simulation.signal_statistics import SignalPart

MIXED = ObservationModel(
    pixel_factor=0.07,
    pixel_exponent=-0.5,
    foreground_factor=0.08,
    haze_share=0.3,
    field_scales_px=(4.0, 12.0),
    field_skew=0.8,
)
LEVELS = Levels(foreground_mean=60, foreground_sd=20, background_mean=6, background_sd=1.5)
RESPONSE = Response(
    exponent=1.7,
    gain=50,
    haze_gain=0.8,
    offset=6,
    pixel_sd=0.4,
    foreground_noise_sd=1.6,
    field_sd=1.0,
)


@pytest.fixture(scope="module")
def scene():
    mask = np.zeros((180, 256), bool)
    mask[60:110, 40:100] = mask[120:160, 130:210] = True
    signal = ndimage.gaussian_filter(mask * np.linspace(0.6, 1.4, 256), 4).astype(np.float32)
    return signal, mask, background_region(mask)


def test_fitting_and_applying_is_observing(scene):
    signal, mask, background = scene
    response = fit_response(signal, mask, background, LEVELS, MIXED)
    made = apply_response(signal, blend_weight(mask), response, MIXED, seed=3, origin=(7, 9))
    expected = observe(signal, mask, background, LEVELS, MIXED, seed=3, origin=(7, 9))
    np.testing.assert_array_equal(made, expected)


def test_a_part_is_made_like_the_whole(scene):
    signal, mask, _ = scene
    whole = apply_response(signal, blend_weight(mask), RESPONSE, MIXED, seed=3, origin=(2, 5))
    rows, columns = slice(50, 90), slice(30, 256)
    wide = slice(50 - RESPONSE_REACH_PX, 90 + RESPONSE_REACH_PX), slice(30 - RESPONSE_REACH_PX, 256)
    weight = blend_weight(mask[wide])[RESPONSE_REACH_PX:-RESPONSE_REACH_PX, RESPONSE_REACH_PX:]
    part = apply_response(signal[rows, columns], weight, RESPONSE, MIXED, seed=3, origin=(52, 35))
    np.testing.assert_array_equal(part, whole[rows, columns])


def test_the_weight_reaches_as_far_as_it_says():
    mask = np.zeros((31, 31), bool)
    mask[15, 15] = True
    rows, columns = np.nonzero(blend_weight(mask))
    assert max(abs(rows - 15).max(), abs(columns - 15).max()) == RESPONSE_REACH_PX
    stack = np.stack([mask, ~mask])
    np.testing.assert_array_equal(blend_weight(stack)[0], blend_weight(mask))


def test_noise_that_is_held_already_is_not_drawn_again(scene):
    signal, mask, _ = scene
    key = {"seed": 4, "origin": (1, 2)}
    expected = apply_response(signal, mask, RESPONSE, MIXED, **key)
    draws, field = pixel_draws(signal.shape, MIXED, **key), stray_light(signal.shape, MIXED, **key)
    made = apply_response(
        signal, mask, RESPONSE, MIXED, seed=99, origin=(0, 0), draws=draws, field=field
    )
    np.testing.assert_array_equal(made, expected)


def test_without_noise_a_pixel_follows_the_formula():
    signal = np.array([[0.0, 0.5, 2.0]], np.float32)
    weight = np.array([[0.0, 1.0, 0.5]], np.float32)
    made = apply_response(signal, weight, RESPONSE, MIXED, seed=0, origin=(0, 0), noise=False)
    expected = [6 + 50 * 1e-4 * 0.8, 6 + 50 * 0.5**1.7, 6 + 50 * 2**1.35 * 0.9]
    np.testing.assert_allclose(made[0], expected, rtol=1e-6)


@pytest.mark.parametrize("noise", [True, False])
@pytest.mark.parametrize("margin_px", [5, 0])
def test_a_fit_in_parts_is_that_of_the_whole(scene, margin_px, noise):
    signal, mask, _ = scene
    signal, mask = np.tile(signal, (4, 4)), np.tile(mask, (4, 4))  # more than the solver looks at
    background = background_region(mask, margin_px)
    weight = blend_weight(mask)
    whole = fit_response(signal, mask, background, LEVELS, MIXED, noise=noise)

    def parts():
        for low in range(0, len(mask), 37):
            rows = slice(low, low + 37)
            yield SignalPart(
                signal[rows], weight[rows], mask[rows], lambda rows=rows: background[rows]
            )

    found = fit_response_to_parts(parts, int(mask.sum()), LEVELS, MIXED, noise=noise)
    assert found.model_dump() == pytest.approx(whole.model_dump(), rel=1e-9)


def test_an_empty_signal_around_objects_needs_no_haze(scene):
    _, mask, background = scene
    flat = mask.astype(np.float32)
    assert fit_response(flat, mask, background, LEVELS, ObservationModel()).haze_gain == 1.0


def test_levels_alone_suggest_a_response(scene):
    _, mask, background = scene
    signal = mask.astype(np.float32)
    response = typical_response(LEVELS, MIXED)
    made = apply_response(signal, signal, response, MIXED, seed=1, origin=(0, 0))
    found = measure_levels(made, mask, background)
    assert found.foreground_mean == pytest.approx(60, rel=0.02)
    assert found.background_mean == pytest.approx(6, rel=0.1)
    assert found.background_sd == pytest.approx(1.5, rel=0.2)


def test_contrast_inside_objects_is_raised_no_further_than_the_limit():
    rng = np.random.default_rng(0)
    mask = np.zeros((64, 64), bool)
    mask[16:48, 16:48] = True
    signal = np.where(mask, 1 + 0.1 * rng.standard_normal(mask.shape), 0).astype(np.float32)
    levels = Levels(foreground_mean=100, foreground_sd=30, background_mean=10, background_sd=1)
    free, limited = (
        fit_response(signal, mask, ~mask, levels, ObservationModel(exponent_limit=limit))
        for limit in (4.0, 1.5)
    )
    assert free.exponent > 2
    assert limited.exponent == 1.5
