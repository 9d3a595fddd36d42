"""`synthesize` and `rerun`: files in, files out, the same bytes again."""

import json
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import read_image
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize


@pytest.fixture
def words(package):
    return ["synthesize", "--model", package]


def test_the_file_is_what_python_makes(run, words, package, field):
    outcome = run(*words, "--seed", "3", field / "M.ome.tif", "-o", field / "out.ome.tif")
    assert outcome.code == 0, outcome.err
    assert outcome.out == ""
    assert "Wrote" in outcome.err
    image = read_image(field / "out.ome.tif")
    params = SynthesizeParams(model=str(package), seed=3)
    expected = synthesize(read_image(field / "M.ome.tif"), params, Progress())
    np.testing.assert_array_equal(image.array, expected.array)
    assert image.array.dtype == np.float32
    assert (image.scale, image.units) == ((0.5, 0.25), ("micrometer",) * 2)
    assert image.name == expected.name
    assert image.provenance["params"]["seed"] == 3
    assert image.provenance == json.loads(json.dumps(expected.provenance))


def test_seed_and_noise_change_the_image(run, words, field):
    def make(name, *options):
        assert run(*words, *options, field / "M.tif", "-o", field / name).code == 0
        return read_image(field / name).array

    first = make("a.tif")
    np.testing.assert_array_equal(first, make("b.tif"))
    assert not np.array_equal(first, make("c.tif", "--seed", "1"))
    still = make("d.tif", "--no-noise")
    assert still[:5, 60:].std() < 0.5 * first[:5, 60:].std()


def test_matching_takes_levels_and_type_of_the_reference(run, words, field):
    code = run(*words, field / "M.tif", "--match", field / "R.tif", "-o", field / "o.tif").code
    assert code == 0
    image, real = read_image(field / "o.tif"), read_image(field / "R.tif")
    inside = read_image(field / "M.tif").array > 0
    assert image.array.dtype == np.uint16
    assert image.array[inside].mean() == pytest.approx(real.array[inside].mean(), rel=0.05)


def test_stated_levels_are_used(run, words, field):
    levels = ["--levels", "900", "50", "300", "10"]
    assert run(*words, field / "M.tif", *levels, "-o", field / "o.tif").code == 0
    inside = read_image(field / "M.tif").array > 0
    assert read_image(field / "o.tif").array[inside].mean() == pytest.approx(900, rel=0.1)


def test_masks_of_other_files_and_more_axes(run, words, field):
    labels = read_image(field / "M.tif").array
    Pillow.fromarray(((labels > 0) * 255).astype(np.uint8)).save(field / "m.png")
    np.save(field / "m.npy", np.stack([labels, labels])[None] > 0)
    for name, shape in (("m.png", (64, 72)), ("m.npy", (1, 2, 64, 72))):
        assert run(*words, field / name, "-o", field / "o.tif").code == 0
        assert read_image(field / "o.tif").shape == shape


def test_rerun_makes_the_same_file(run, words, field):
    assert run(*words, "--seed", "5", field / "M.ome.tif", "-o", field / "a.ome.tif").code == 0
    outcome = run("rerun", field / "a.ome.tif", "-o", field / "b.ome.tif")
    assert outcome.code == 0, outcome.err
    first, again = read_image(field / "a.ome.tif"), read_image(field / "b.ome.tif")
    assert first.array.tobytes() == again.array.tobytes()
    assert first.provenance["params"] == again.provenance["params"]
    assert (first.scale, first.units) == (again.scale, again.units)


def test_rerun_of_a_matched_image_needs_no_reference(run, words, field):
    words = [*words, field / "M.tif", "--match", field / "R.tif", "-o", field / "a.ome.tif"]
    assert run(*words).code == 0
    (field / "R.tif").unlink()
    (field / "M.tif").unlink()
    assert run("rerun", field / "a.ome.tif", "-o", field / "b.ome.tif").code == 0
    first, again = read_image(field / "a.ome.tif"), read_image(field / "b.ome.tif")
    assert first.array.dtype == again.array.dtype == np.uint16
    assert first.array.tobytes() == again.array.tobytes()


def test_rerun_in_place_is_possible(run, words, field):
    path = field / "a.ome.tif"
    run(*words, field / "M.tif", "-o", path)
    before = read_image(path).array
    assert run("rerun", path, "-o", path).code == 0
    np.testing.assert_array_equal(read_image(path).array, before)


# Zarr -----------------------------------------------------------------------------------------


@pytest.fixture
def stored(field):
    """The labels of the field as a Zarr folder."""
    zarr = pytest.importorskip("zarr")
    labels = read_image(field / "M.tif").array
    array = zarr.create_array(
        store=str(field / "M.zarr"), shape=labels.shape, dtype="u2", chunks=(20, 30)
    )
    array[:] = labels
    return field / "M.zarr"


def test_zarr_to_zarr_is_what_files_give(run, words, field, stored):
    import zarr

    options = ["--seed", "3", "--tile-px", "auto", "--precision", "float32", "--threads", "1"]
    assert run(*words, *options, field / "M.tif", "-o", field / "o.tif").code == 0
    outcome = run(*words, *options, stored, "-o", field / "o.zarr")
    assert outcome.code == 0, outcome.err
    assert "rerun will need" in outcome.err
    expected = read_image(field / "o.tif")
    array = zarr.open_array(str(field / "o.zarr"), mode="r")
    np.testing.assert_array_equal(array[:], expected.array)
    note = dict(array.attrs)["napari-fidelity"]
    assert note["provenance"]["params"] == expected.provenance["params"]
    assert note["provenance"]["source"]["path"] == str(stored)
    assert sorted(path.name for path in field.iterdir() if path.name.startswith(".")) == []


def test_a_zarr_is_made_again_in_either_form(run, words, field, stored):
    import zarr

    code = run(*words, stored, "--match", field / "R.tif", "-o", field / "a.zarr").code
    assert code == 0
    first = zarr.open_array(str(field / "a.zarr"), mode="r")[:]
    assert first.dtype == np.uint16
    for name in ("b.zarr", "b.ome.tif", "a.zarr"):
        outcome = run("rerun", field / "a.zarr", "-o", field / name)
        assert outcome.code == 0, outcome.err
    for name in ("a.zarr", "b.zarr"):
        np.testing.assert_array_equal(zarr.open_array(str(field / name), mode="r")[:], first)
    np.testing.assert_array_equal(read_image(field / "b.ome.tif").array, first)


def test_a_zarr_that_is_read_is_never_overwritten(refuse, words, stored):
    assert "would be overwritten" in refuse(*words, stored, "-o", stored)
    assert "no Zarr image" in refuse(*words, stored.parent, "-o", stored.parent / "o.zarr")


def test_without_zarr_the_extra_is_named(refuse, words, stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    assert 'pip install "napari-fidelity[zarr]"' in refuse(*words, stored, "-o", "o.zarr")


# What bad input gets ------------------------------------------------------------------------


def test_a_file_without_a_recipe_cannot_be_run_again(refuse, field):
    assert "no recipe" in refuse("rerun", field / "A.tif", "-o", field / "o.tif")
    assert not (field / "o.tif").exists()


def test_the_output_is_checked_before_the_work(refuse, words, field):
    assert "ends in .ome.tif" in refuse(*words, field / "M.tif", "-o", field / "out.png")
    assert "does not exist" in refuse(*words, field / "M.tif", "-o", field / "no" / "o.tif")
    assert "does not exist" in refuse("rerun", field / "A.tif", "-o", field / "no" / "o.tif")
    assert "is a folder" in refuse(*words, field / "M.tif", "-o", make_folder(field / "f.tif"))


def make_folder(path):
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (np.zeros((8, 8), np.uint8), "is empty"),
        (np.linspace(0, 3, 64, dtype=np.float32).reshape(8, 8), "3"),
        (np.zeros((8, 8, 3), np.uint8), "colour image of shape 8×8×3"),
        (np.full((8, 8), np.nan, np.float32), "NaN|finite"),
    ],
)
def test_masks_that_are_none(run, words, field, pixels, sentence):
    np.save(field / "bad.npy", pixels)
    outcome = run(*words, field / "bad.npy", "-o", field / "o.tif")
    assert outcome.code == 2
    assert any(word in outcome.err for word in sentence.split("|"))
    assert outcome.err.count("\n") == 1
    assert not (field / "o.tif").exists()


def test_references_that_do_not_fit(refuse, words, field):
    words = [*words, field / "M.tif", "-o", field / "o.tif", "--match"]
    tifffile.imwrite(field / "small.tif", np.zeros((9, 72), np.uint16))
    sentence = refuse(*words, field / "small.tif")
    assert "64×72" in sentence
    assert "9×72" in sentence
    holes = np.full((64, 72), np.nan, np.float32)
    tifffile.imwrite(field / "holes.tif", holes)
    assert "NaN" in refuse(*words, field / "holes.tif")
    tifffile.imwrite(field / "flat.tif", np.full((64, 72), 7, np.uint16))
    assert "not brighter inside" in refuse(*words, field / "flat.tif")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seed", "-1"], "--seed must be 0 or more, not -1."),
        (["--seed", "many"], "--seed must be a whole number, not 'many'."),
        (["--tile-px", "3"], "--tile-px must be 32 or more, not 3."),
        (["--dtype", "uint9"], "--dtype must be one like uint8, uint16 or float32, not 'uint9'."),
        (["--precision", "half"], "--precision must be 'auto', 'float32', 'bfloat16' or 'float16'"),
        (["--threads", "-2"], "--threads must be 0 or more, not -2."),
        (["--memory-limit-gb", "0"], "--memory-limit-gb must be more than 0, not 0."),
        (["--device", "gpu"], "--device must be one like auto, cpu or cuda:0, not 'gpu'."),
        (["--levels", "1", "2"], "expected 4 arguments"),
        (["--levels", "1", "-2", "3", "4"], "foreground_sd"),
        (["--levels", "1", "2", "3", "4", "--match", "R.tif"], "not allowed with"),
        (["--model", "paint"], "There is no model 'paint'"),
    ],
)
def test_bad_options_are_named(refuse, words, field, options, sentence):
    assert sentence in refuse(*words, field / "M.tif", "-o", field / "o.tif", *options)


@pytest.mark.parametrize("own", ["M.tif", "R.tif"])
def test_an_input_is_never_overwritten(run, words, field, own):
    before = (field / own).read_bytes()
    outcome = run(*words, field / "M.tif", "--match", field / "R.tif", "-o", field / own)
    assert outcome.code == 2
    assert (
        outcome.err.strip() == f"{own} is read and would be overwritten: give another output name."
    )
    assert (field / own).read_bytes() == before
