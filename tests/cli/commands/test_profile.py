"""`profile`: the table of the Python function, and sentences for what is no line."""

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.line_profile import ProfileParams, measure_profiles


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    for name, scale in (("fine", 0.1), ("coarse", 0.2)):
        pixels = rng.integers(0, 999, (20, 30), dtype=np.uint16)
        image = Image(pixels, scale=(scale,) * 2, units=("micrometer",) * 2, name=name)
        write_image(tmp_path / f"{name}.ome.tif", image)
    return tmp_path / "fine.ome.tif", tmp_path / "coarse.ome.tif"


def test_table_is_that_of_the_function(run, files, tmp_path):
    outcome = run("profile", *files, "--points", "0.1,0.2 1.5,2", "--width", "0.4")
    assert outcome.code == 0
    params = ProfileParams(points=((0.1, 0.2), (1.5, 2)), width=0.4)
    wanted = measure_profiles([read_image(path) for path in files], params).to_csv().splitlines()
    rows = outcome.out.splitlines()
    assert rows[2] == "distance [µm],fine.ome.tif,coarse.ome.tif"
    assert rows[3:] == wanted[3:]
    outcome = run("profile", *files, "--points", "0.1,0.2 1.5,2", "-o", tmp_path / "line.csv")
    assert "values of each image" in outcome.err
    assert (tmp_path / "line.csv").read_text(encoding="utf-8").startswith("# line (y, x) in µm")


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        ("1,2", "is no line"),
        ("1,2 3", "is no line"),
        ("a,b 1,2", "is no line"),
        ("1,2 1,2", "has no length"),
        ("0,0 nan,2", "must be a finite number"),
    ],
)
def test_what_is_no_line_is_told(run, files, points, sentence):
    outcome = run("profile", *files, "--points", points)
    assert outcome.code == 2
    assert sentence in outcome.err


def test_planes_and_outputs_are_checked(run, files, tmp_path):
    write_image(tmp_path / "stack.ome.tif", Image(np.zeros((3, 8, 8), np.uint8)))
    words = ["profile", tmp_path / "stack.ome.tif", "--points", "0,0 0,5"]
    assert "say which plane" in run(*words).err
    assert run(*words, "--plane", "2").code == 0
    assert "there is none at 3" in run(*words, "--plane", "3").err
    assert "whole number" in run(*words, "--plane", "x").err
    outcome = run("profile", *files, "--points", "0,0 1,1", "-o", files[0])
    assert "would be overwritten" in outcome.err
    assert read_image(files[0]).shape == (20, 30)
