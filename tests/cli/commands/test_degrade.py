"""`napari-fidelity degrade`: what it writes is what Python makes, with its parameters beside."""

import json

import numpy as np
import pytest

from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.degrade import DegradeParams, degrade
from napari_fidelity.simulation.degradation import PREPARATION, Pipeline
from tests.simulation.degradation.scenes import make_cells


@pytest.fixture
def cells(tmp_path):
    path = tmp_path / "cells.ome.tif"
    write_image(path, make_cells((72, 80)))
    return path


def test_the_file_is_what_python_makes(run, cells, tmp_path):
    out = tmp_path / "out.ome.tif"
    outcome = run("degrade", "--preset", "strong", "--seed", 4, cells, "-o", out)
    assert outcome.code == 0, outcome.err
    assert outcome.out == ""
    params = DegradeParams.parse({"pipeline": "strong", "seed": 4})
    expected = degrade(read_image(cells), params)
    found = read_image(out)
    np.testing.assert_array_equal(found.array, expected.array)
    assert found.scale == pytest.approx((0.1, 0.1))
    assert found.provenance["drawn"] == json.loads(json.dumps(expected.provenance["drawn"]))
    assert "Its parameters: " in outcome.err


def test_the_parameters_beside_it_make_the_same_image(run, cells, tmp_path):
    first, again = tmp_path / "a.tif", tmp_path / "b.tif"
    assert run("degrade", "--seed", 7, cells, "-o", first).code == 0
    beside = tmp_path / "a.parameters.yaml"
    assert run("degrade", "--pipeline", beside, cells, "-o", again).code == 0
    np.testing.assert_array_equal(read_image(first).array, read_image(again).array)
    assert beside.read_bytes() == (tmp_path / "b.parameters.yaml").read_bytes()
    assert Pipeline.from_yaml(beside.read_text()).drawn_with == 7
    other = tmp_path / "c.tif"
    assert run("degrade", "--pipeline", beside, "--seed", 8, cells, "-o", other).code == 0
    assert not np.array_equal(read_image(first).array, read_image(other).array)


def test_inline_pipelines_zarr_folders_and_sizes(run, cells, tmp_path):
    bare = tmp_path / "bare.npy"
    np.save(bare, read_image(cells).array)
    words = '{"steps": [{"kind": "down-sampling"}, {"kind": "haze"}, {"kind": "camera"}]}'
    out = tmp_path / "small.zarr"
    outcome = run("degrade", "--pipeline", words, "--pixel-size-um", "0.2", bare, "-o", out)
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "small.parameters.yaml").exists()
    assert run("degrade", "--pipeline", words, "--pixel-size-um", "0.2", bare, "-o",
               tmp_path / "small.ome.tif").code == 0  # fmt: skip
    expected = read_image(tmp_path / "small.ome.tif")
    assert expected.scale == pytest.approx((0.4, 0.4))
    again = run("degrade", "--pipeline", '{"steps": []}', out, "-o", tmp_path / "copy.tif")
    assert again.code == 0, again.err
    np.testing.assert_array_equal(read_image(tmp_path / "copy.tif").array, expected.array)


def test_preparation_comes_before_the_preset(run, cells, tmp_path):
    out = tmp_path / "p.tif"
    assert run("degrade", "--prepare", "--preset", "mild", cells, "-o", out).code == 0
    steps = Pipeline.from_yaml((tmp_path / "p.parameters.yaml").read_text()).steps
    assert [step.kind for step in steps[:2]] == [step.kind for step in PREPARATION]


def test_rerun_makes_the_same_file(run, cells, tmp_path):
    first, again = tmp_path / "a.ome.tif", tmp_path / "b.ome.tif"
    assert run("degrade", cells, "-o", first).code == 0
    assert run("rerun", first, "-o", again).code == 0
    np.testing.assert_array_equal(read_image(first).array, read_image(again).array)


def test_rerun_can_write_a_zarr_folder(run, cells, tmp_path):
    zarr = pytest.importorskip("zarr")
    first, again = tmp_path / "a.ome.tif", tmp_path / "b.zarr"
    assert run("degrade", cells, "-o", first).code == 0
    assert run("rerun", first, "-o", again).code == 0
    found = zarr.open_array(again, mode="r")
    np.testing.assert_array_equal(read_image(first).array, np.asarray(found))


def test_mistakes_are_one_sentence(refuse, cells, tmp_path):
    out = tmp_path / "out.tif"
    bare = tmp_path / "bare.npy"
    np.save(bare, np.ones((40, 40), np.uint8))
    nothing = tmp_path / "no.yaml"
    broken = tmp_path / "broken.yaml"
    broken.write_bytes(b"\xff\xfe\x00")
    mine = tmp_path / "out.parameters.yaml"
    mine.write_text("steps: []")
    for words, said in (
        (["--preset", "awful", cells], "There is no preset 'awful'"),
        (["--pipeline", nothing, cells], "There is no file"),
        (["--pipeline", broken, cells], "cannot be read as text"),
        (["--pipeline", tmp_path, cells], "cannot be read as text"),
        (["--pipeline", mine, cells], "would be overwritten"),
        (["--pipeline", "{", cells], "is no YAML text"),
        (
            ["--pipeline", '{"steps": [{"kind": "poisson", "photons": -3}]}', cells],
            "Step 1: Setting 'photons' must be more than 0, not -3",
        ),
        (["--pixel-size-um", "0", cells], "--pixel-size-um must be more than 0, not 0"),
        (["--seed", "-1", cells], "--seed must be 0 or more, not -1"),
        ([bare], "bare does not say its pixel size"),
        (["--preset", "mild", "--pipeline", mine, cells], "not allowed with"),
    ):
        assert said in refuse("degrade", *words, "-o", out)
        assert not out.exists()
    assert said in refuse("degrade", "--preset", "mild", "--pipeline", mine, cells, "-o", out)
