"""Synthesis: levels are met, frames and types kept, recipes rerun to the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics.masks import background_region
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.simulation.observation import Levels, measure_levels
from tests.models.packages import write_care

MODELS = ["nuclei-pix2pix", "random-fill"]
STATED = Levels(foreground_mean=900, foreground_sd=250, background_mean=100, background_sd=9)


@pytest.fixture(scope="module")
def specimen():
    return simulate_nuclei(shape=(160, 192), seed=4)


def levels_of(image, mask):
    foreground = mask.array > 0
    return measure_levels(image.array, foreground, background_region(foreground))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_a_reference_lends_its_levels_and_its_type(specimen, model, dtype):
    scaled = specimen.image.array * (200 / specimen.image.array.max())
    reference = specimen.image.with_array(scaled.astype(dtype))
    made = synthesize(specimen.labels, SynthesizeParams(model=model), reference=reference)
    assert made.array.dtype == dtype
    wanted, found = levels_of(reference, specimen.labels), levels_of(made, specimen.labels)
    spread = wanted.foreground_sd
    assert found.foreground_mean == pytest.approx(wanted.foreground_mean, abs=0.05 * spread)
    assert found.background_mean == pytest.approx(wanted.background_mean, abs=0.5)
    assert found.foreground_sd == pytest.approx(spread, rel=0.15)
    assert found.background_sd == pytest.approx(wanted.background_sd, rel=0.25)


def test_stated_levels_are_met(specimen):
    made = synthesize(specimen.labels, SynthesizeParams(levels=STATED))
    found = levels_of(made, specimen.labels)
    assert made.array.dtype == np.float32
    assert found.foreground_mean == pytest.approx(900, rel=0.02)
    assert found.foreground_sd == pytest.approx(250, rel=0.1)
    assert found.background_mean == pytest.approx(100, rel=0.02)
    assert found.background_sd == pytest.approx(9, rel=0.25)


def test_without_noise_the_background_is_smooth(specimen):
    noisy, bare = (
        synthesize(specimen.labels, SynthesizeParams(levels=STATED, noise=noise)).array
        for noise in (True, False)
    )
    background = background_region(specimen.labels.array > 0)[:, 1:]
    steps = [np.abs(np.diff(image, axis=1))[background].mean() for image in (noisy, bare)]
    assert steps[1] < 0.2 * steps[0]


def test_the_frame_of_the_mask_is_kept(specimen):
    mask = replace(specimen.labels, translate=(5.0, -3.0), origin=(7, 9))
    made = synthesize(mask)
    for part in ("axes", "scale", "units", "translate", "origin", "shape"):
        assert getattr(made, part) == getattr(mask, part)
    assert made.name.endswith("· seed 0")


def test_tiles_do_not_show(specimen):
    reference = specimen.image.with_array(specimen.image.array.astype(np.float32))
    whole, tiled = (
        synthesize(specimen.labels, SynthesizeParams(tile_px=side), reference=reference).array
        for side in (2048, 48)
    )
    span = float(np.ptp(reference.array))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=2e-5 * span)


def test_stacks_are_made_plane_by_plane():
    labels = np.stack([simulate_nuclei(shape=(64, 64), seed=s).labels.array for s in (1, 2, 3)])
    made = synthesize(Image(labels[None], axes="TZYX"))
    assert made.shape == (1, 3, 64, 64)
    assert not np.array_equal(made.array[0, 0], made.array[0, 1])


@pytest.mark.parametrize("values", [(0, 1), (0, 255)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "bool"])
def test_every_way_to_say_mask_gives_the_same(values, dtype):
    mask = np.zeros((48, 48), bool)
    mask[12:30, 15:35] = True
    expected = synthesize(Image(mask)).array
    array = np.where(mask, values[1], values[0]).astype(dtype)
    np.testing.assert_array_equal(synthesize(Image(array)).array, expected)


@pytest.mark.parametrize("model", MODELS)
def test_a_recipe_makes_the_same_bytes_again(specimen, model):
    params = SynthesizeParams(model=model, seed=12, tile_px=64)
    made = synthesize(specimen.labels, params, reference=specimen.image)
    recipe = json.loads(json.dumps(made.provenance))
    again = rerun(replace(made, array=np.zeros_like(made.array), provenance=recipe))
    assert again.array.tobytes() == made.array.tobytes()
    assert json.loads(json.dumps(again.provenance)) == recipe


def test_a_recipe_of_other_weights_or_damage_is_refused(specimen):
    made = synthesize(specimen.labels, SynthesizeParams(model="random-fill"))
    recipe = dict(made.provenance)
    changed = {**recipe, "model": {**recipe["model"], "sha256": "0" * 64}}
    with pytest.raises(UserError, match="used weights with SHA-256 000000000000"):
        rerun(replace(made, provenance=changed))
    changed = {**recipe, "source": {**recipe["source"], "zlib": "AAAA"}}
    with pytest.raises(UserError, match="source pixels are damaged"):
        rerun(replace(made, provenance=changed))
    with pytest.raises(UserError, match="carries no recipe"):
        rerun(replace(made, provenance={}))
    with pytest.raises(UserError, match="no operation 'conjure'"):
        rerun(replace(made, provenance={**recipe, "operation": "conjure"}))


def bad_inputs():
    labels = np.zeros((40, 40), np.uint8)
    labels[10:20, 10:20] = 1
    mask, real = Image(labels, name="mask"), np.random.default_rng(0).normal(9, 1, (40, 40))
    bright = Image(real + 50 * labels, name="real")
    with_nan = bright.array.copy()
    with_nan[0, :3] = np.nan
    full = Image(np.ones((40, 40), np.uint8), name="mask")
    shade = Image(np.linspace(0, 1, 1600).reshape(40, 40), name="mask")
    return [
        (Image(np.zeros((40, 40), np.uint8), name="mask"), None, "mask is empty"),
        (shade, None, "float64 values from 0 to 1"),
        (full, bright, "covers everything"),
        (mask, Image(real[:30]), "shape 40×40.*30×40"),
        (mask, replace(bright, scale=(0.1, 0.1)), "scale 1×1.*0.1×0.1"),
        (mask, bright.with_array(with_nan), "3 pixels that are NaN"),
        (mask, Image(np.full((40, 40), 7.0)), "not brighter inside the mask"),
    ]


@pytest.mark.parametrize(("mask", "reference", "words"), bad_inputs())
def test_bad_input_gets_a_sentence(mask, reference, words):
    with pytest.raises(UserError, match=words):
        synthesize(mask, SynthesizeParams(model="random-fill"), reference=reference)


def test_a_full_mask_can_be_made_without_a_reference():
    made = synthesize(Image(np.ones((40, 40), bool)))
    assert np.isfinite(made.array).all()


def test_negative_reference_values_are_used_as_they_are(specimen):
    reference = specimen.image.with_array(specimen.image.array.astype(np.float32) - 500)
    made = synthesize(specimen.labels, reference=reference)
    assert levels_of(made, specimen.labels).background_mean == pytest.approx(
        levels_of(reference, specimen.labels).background_mean, abs=0.5
    )


def test_a_model_for_something_else_is_refused(specimen, tmp_path):
    folder = write_care(tmp_path / "care")
    with pytest.raises(UserError, match="is a model for restoration: to synthesize, choose one"):
        synthesize(specimen, SynthesizeParams(model=str(folder)))
