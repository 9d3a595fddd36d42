"""Synthesis of masks that lie on disk, in parts, cancelled, and made again."""

from __future__ import annotations

import math

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.operations import mask_labels
from napari_fidelity.operations import synthesize as operation
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.simulation.observation import Levels

STATED = Levels(foreground_mean=900, foreground_sd=250, background_mean=100, background_sd=9)
EXACT = {"precision": "float32", "tile_px": 64}


@pytest.fixture(scope="module")
def labels():
    planes = [simulate_nuclei(shape=(150, 170), seed=seed).labels.array for seed in (1, 2)]
    return np.stack(planes).astype(np.uint16)


@pytest.fixture
def stored(labels, tmp_path):
    """The labels as a Zarr array of small chunks."""
    zarr = pytest.importorskip("zarr")
    array = zarr.create_array(
        store=str(tmp_path / "labels.zarr"), shape=labels.shape, dtype="u2", chunks=(1, 40, 50)
    )
    array[:] = labels
    return array


@pytest.fixture
def small_parts(monkeypatch):
    """Passes in bands of a few rows, so that they have many parts."""
    monkeypatch.setattr(mask_labels, "BAND_PIXELS", 3000)


@pytest.mark.parametrize("stated", [None, STATED], ids=["default", "stated"])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_a_mask_on_disk_gives_the_pixels_of_one_in_memory(
    labels, stored, small_parts, stated, dtype
):
    params = SynthesizeParams(levels=stated, dtype=dtype, **EXACT)
    expected = synthesize(Image(labels), params)
    for array in (stored, pytest.importorskip("dask.array").from_array(labels, chunks=(1, 70, 90))):
        target = np.zeros(labels.shape, dtype)
        made = synthesize(Image(array), params, target=target)
        assert made.array is target
        if stated is None:
            np.testing.assert_array_equal(target, expected.array)
        else:  # sums over other bands end in other last digits
            np.testing.assert_allclose(target, expected.array, rtol=1e-5, atol=dtype == "uint16")
            assert np.mean(target != expected.array) < (0.6 if dtype == "float32" else 1e-3)
        found, wanted = (entry.provenance["params"]["response"] for entry in (made, expected))
        assert found == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_a_signal_that_memory_cannot_hold_lies_on_disk(labels, tmp_path, monkeypatch, dtype):
    reference = Image((labels > 0) * 90.0 + np.random.default_rng(0).normal(20, 3, labels.shape))
    params = SynthesizeParams(dtype=dtype, **EXACT)
    expected = synthesize(Image(labels), params, reference=reference).array
    monkeypatch.setattr(operation, "fits_memory", lambda *_: False)
    places = []
    opened = operation_scratch(monkeypatch, places)
    made = synthesize(Image(labels), params, reference=reference, scratch_folder=tmp_path)
    np.testing.assert_array_equal(made.array, expected)
    assert opened == ([] if dtype == "float32" else [(labels.shape, False, tmp_path)])
    assert list(tmp_path.iterdir()) == []


def operation_scratch(monkeypatch, calls):
    """Note how scratch space was asked for."""
    from napari_fidelity.operations import synthesis_run

    original = synthesis_run.open_scratch

    def note(shape, *, in_memory, folder):
        calls.append((shape, in_memory, folder))
        return original(shape, in_memory=in_memory, folder=folder)

    monkeypatch.setattr(synthesis_run, "open_scratch", note)
    return calls


def test_painting_one_object_changes_no_other(labels):
    before = synthesize(Image(labels[0]), SynthesizeParams(**EXACT)).array
    painted = labels[0].copy()
    painted[:20, :25] = 999
    after = synthesize(Image(painted), SynthesizeParams(**EXACT)).array
    reach_px = 23 + 1 + 3
    assert not np.array_equal(after[:20, :25], before[:20, :25])
    for far in (np.s_[20 + reach_px :], np.s_[:, 25 + reach_px :]):
        np.testing.assert_allclose(after[far], before[far], rtol=0, atol=1e-4)


def test_a_stored_mask_is_named_and_checked_when_run_again(stored, tmp_path):
    image = Image(stored, name="cells", origin=(0, 3, 4))
    made = synthesize(image, SynthesizeParams(seed=3, levels=STATED))
    source = made.provenance["source"]
    assert source["path"] == str(tmp_path / "labels.zarr")
    assert "zlib" not in source
    again = rerun(made, target=np.zeros(made.shape, np.float32))
    assert again.array.tobytes() == made.array.tobytes()
    assert again.provenance == made.provenance
    stored[0, 0, 0] = 77
    with pytest.raises(UserError, match="has changed since the recipe"):
        rerun(made)
    (tmp_path / "labels.zarr").rename(tmp_path / "elsewhere.zarr")
    with pytest.raises(UserError, match="put it back"):
        rerun(made)


def test_a_mask_without_a_place_cannot_be_made_again(labels):
    array = pytest.importorskip("dask.array").from_array(labels[0], chunks=64)
    made = synthesize(Image(array), SynthesizeParams(model="random-fill"))
    with pytest.raises(UserError, match="neither holds its mask nor knows its place"):
        rerun(made)


TEXTS = (
    "Reading the mask",
    "Measuring levels",
    "Synthesizing",
    "Matching intensities",
    "Adding noise",
)


@pytest.mark.parametrize("text", TEXTS)
def test_every_pass_stops_when_asked(labels, small_parts, text):
    reference = Image((labels > 0) * 90.0 + np.random.default_rng(0).normal(20, 3, labels.shape))
    seen = []

    def report(done, total, said):
        seen.append((done, total, said))

    progress = Progress(report, lambda: bool(seen) and seen[-1][2] == text)
    params = SynthesizeParams(tile_px=32)
    with pytest.raises(Cancelled):
        synthesize(Image(labels), params, progress, reference=reference)
    assert seen[-1][2] == text
    steps = [done / total for done, total, _ in seen]
    assert steps == sorted(steps)
    assert steps[-1] < 1


def test_progress_ends_at_the_end(labels):
    seen = []
    synthesize(Image(labels), SynthesizeParams(), Progress(lambda *step: seen.append(step)))
    assert seen[-1][0] == seen[-1][1]


def test_an_image_that_memory_cannot_hold_is_refused_at_once():
    huge = np.broadcast_to(np.uint8(1), (2**20, 2**20))
    with pytest.raises(UserError, match=r"1048576×1048576 .* needs 4398\.\d GB .* are free: write"):
        synthesize(Image(huge))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_precision_is_pinned_and_makes_the_same_bytes_again(labels, precision):
    made = synthesize(Image(labels), SynthesizeParams(precision=precision, seed=8))
    params = made.provenance["params"]
    assert params["precision"] == precision
    assert params["tile_px"] >= 32
    assert params["response"]["gain"] > 0
    assert rerun(made).array.tobytes() == made.array.tobytes()


@pytest.mark.parametrize("levels", [None, STATED], ids=["training set", "stated"])
def test_a_recipe_of_an_earlier_release_is_understood(labels, levels):
    """Such a recipe has no response, precision or dtype, and fitted even the default levels."""
    from napari_fidelity.models import load_model

    taken = levels or load_model("nuclei-pix2pix").manifest.levels
    params = SynthesizeParams(levels=taken, precision="float32", tile_px=512)
    made = synthesize(Image(labels), params)
    recipe = dict(made.provenance)
    recipe["params"] = {
        "model": "nuclei-pix2pix",
        "seed": 0,
        "noise": True,
        "levels": None if levels is None else levels.model_dump(),
        "dtype": None,
        "tile_px": 512,
    }
    old = Image(made.array, provenance=recipe)
    assert rerun(old).array.tobytes() == made.array.tobytes()


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        ([[0, 1, 2.5]], "float32 values from 0 to 2.5: a mask has labels"),
        ([[0, 1, np.nan]], "1 of 3 values that are NaN or infinite"),
        ([[0, np.inf, -np.inf]], "2 of 3 values that are NaN or infinite"),
        ([[0, 0, 0]], "is empty"),
        ([[-1, 0, -1]], "is empty"),
    ],
)
def test_floats_that_are_no_mask_are_refused(pixels, words):
    mask = Image(np.array(pixels * 9, np.float32), name="mask")
    words = words.replace("of 3", "of 27").replace("1 of", "9 of").replace("2 of", "18 of")
    with pytest.raises(UserError, match=words):
        synthesize(mask)


def test_other_numbers_are_refused():
    with pytest.raises(UserError, match="complex64 values"):
        synthesize(Image(np.ones((4, 4), np.complex64)))


def test_a_target_of_another_shape_is_refused(labels):
    with pytest.raises(UserError, match="target has shape"):
        synthesize(Image(labels), target=np.zeros((3, 3), np.float32))
    assert math.prod(labels.shape) > 9
