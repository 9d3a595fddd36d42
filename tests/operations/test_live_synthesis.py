"""Live pieces of the shipped generators equal the crop of what `synthesize` gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.inference.engine import prepare_engine
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import list_models, load_model
from napari_fidelity.operations import live_synthesis
from napari_fidelity.operations.live_synthesis import start_live
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from tests.inference.edit_sequences import LivePainting, draw_discs, edits

KEYS = [manifest.key for manifest in list_models("synthesis") if manifest.live]
CANVASES = [((101, 131), (0, 0)), ((2, 90, 75), (4, 3, 1001))]


def pin(image):
    return SynthesizeParams.parse(image.provenance["params"])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("shape", "origin"), CANVASES, ids=str)
@pytest.mark.parametrize(
    ("dtype", "precision"), [(None, "float32"), ("uint8", "float32"), (None, "bfloat16")]
)
@settings(deadline=None, max_examples=3)
@given(sequence=edits)
def test_after_any_edits_the_result_equals_a_full_run(
    key, shape, origin, dtype, precision, sequence
):
    labels = draw_discs(shape)
    params = SynthesizeParams(model=key, seed=7, dtype=dtype, precision=precision)
    before = synthesize(Image(labels, origin=origin), params)
    params = pin(before)
    painting = LivePainting(start_live(shape, origin, params), labels, before.array)
    for edit in sequence:
        painting.apply(edit)
    if not painting.labels.any():  # nothing to synthesize is refused: leave a pixel
        left = painting.labels.copy()
        left[(0,) * left.ndim] = 1
        painting.take(left)
    painting.finish()
    expected = synthesize(Image(painting.labels, origin=origin), params).array
    assert painting.result.dtype == expected.dtype
    differences = np.abs(painting.result.astype(np.float64) - expected)
    if dtype is None:  # 16 bits: a sum may be rounded another way where shapes differ
        tolerance = {"float32": 1e-5, "bfloat16": 4e-3}[precision]
        assert differences.max() <= tolerance * np.ptp(expected)
    else:  # rounded to another neighbour only where the intensity lies half-way
        assert differences.max() <= 1
        assert np.mean(differences > 0) < 1e-3


def test_matched_levels_and_a_mask_without_noise_follow_too():
    labels = draw_discs((90, 90))
    rng = np.random.default_rng(3)
    reference = Image(rng.normal(300, 20, labels.shape) + 900 * (labels > 0))
    params = SynthesizeParams(noise=False, precision="float32")
    whole = synthesize(Image(labels), params, reference=reference)
    live = start_live(labels.shape, (0, 0), pin(whole))
    low, high = live.read_box((20, 30), (60, 80))
    found = live.render((), (20, 30), (60, 80), labels[low[0] : high[0], low[1] : high[1]])
    expected = whole.array[20:60, 30:80]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.ptp(whole.array))


def test_a_stated_precision_comes_before_that_of_the_computer():
    params = pin(synthesize(Image(draw_discs((64, 64))), SynthesizeParams(precision="float32")))
    live = start_live((64, 64), (0, 0), params, ComputeSettings(precision="bfloat16"))
    assert live.engine.precision == "float32"


def test_live_and_full_runs_share_one_engine(monkeypatch):
    params = pin(synthesize(Image(draw_discs((64, 64))), SynthesizeParams(precision="float32")))
    live = start_live((900, 800), (0, 0), params)
    prepared = []

    def note(*args, **settings):
        prepared.append(prepare_engine(*args, **settings))
        return prepared[-1]

    monkeypatch.setattr("napari_fidelity.inference.engine.prepare_engine", note)
    synthesize(Image(draw_discs((64, 64))), params)
    assert live.engine is prepared[-1]


def test_a_response_that_is_not_pinned_is_refused():
    with pytest.raises(UserError, match="once"):
        start_live((64, 64), (0, 0), SynthesizeParams())


def test_a_generator_that_does_not_follow_is_refused(monkeypatch):
    params = pin(synthesize(Image(draw_discs((64, 64))), SynthesizeParams()))
    model = load_model(params.model)
    slow = model.manifest.model_copy(update={"live": False})
    monkeypatch.setattr(live_synthesis, "load_model", lambda _: replace(model, manifest=slow))
    with pytest.raises(UserError, match="too slow"):
        start_live((64, 64), (0, 0), params)
