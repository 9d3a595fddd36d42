"""The figure is drawn for planes and stacks, with values that are not defined."""

from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.io import imread

from napari_fidelity.app.demo.material import Material
from napari_fidelity.app.demo.results import file_name, name_files, write_figure, write_scores
from napari_fidelity.app.demo.score_panels import list_panels
from napari_fidelity.core.image import Image
from napari_fidelity.operations.assess import assess

UM = ("micrometer",) * 3


def make_scene(shape):
    generator = np.random.default_rng(3)
    grid = np.hypot(*np.ogrid[-32:32, -40:40])
    labels = np.broadcast_to((grid < 20).astype(np.uint8), shape)
    frame = {"scale": (0.25,) * len(shape), "units": UM[: len(shape)]}
    real = Image(
        (100 * labels + generator.normal(20, 4, shape)).astype(np.uint16), name="real", **frame
    )
    tests = [
        Image((90 * labels + generator.normal(20, sd, shape)).astype(np.uint16), name=name, **frame)
        for name, sd in (("a", 3), ("b", 8))
    ]
    return Material(
        real, Image(labels, name="a mask", **frame), "Made for a test.", is_real=False
    ), tests


@pytest.mark.parametrize("shape", [(64, 80), (3, 64, 80)])
def test_figure_and_tables_are_written(shape, tmp_path):
    material, tests = make_scene(shape)
    assessment = assess(tests, reference=material.reference, mask=material.mask)
    picture = imread(write_figure(tmp_path, material, tests, assessment))
    assert picture.shape[0] > 1000
    assert picture.shape[1] > 1000
    assert picture[..., :3].std() > 30
    text, table = write_scores(tmp_path, assessment)
    assert "sfm" in text.read_text(encoding="utf-8")
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    assert head.startswith("image,")
    assert [row.split(",")[0] for row in rows] == ["a", "b"]
    assert not list(tmp_path.glob(".*"))


def test_panels_hold_the_scores_baselines_and_floor():
    material, tests = make_scene((64, 80))
    assessment = assess(tests, reference=material.reference, mask=material.mask)
    signal, noise, blur = list_panels(assessment)
    assert signal.values == {row.name: row.scores["sfm"].value for row in assessment.rows}
    assert list(signal.marks.values()) == pytest.approx(
        [assessment.baselines["blurred"], assessment.baselines["distance"]]
    )
    assert list(noise.marks.values()) == [assessment.nfm_floor]
    assert blur.is_log
    assert blur.values["a"] == assessment.rows[0].scores["bfm_sigma"].value


def test_a_value_that_is_not_defined_is_drawn_as_such(tmp_path):
    material, _ = make_scene((64, 80))
    flat = [Image(np.full((64, 80), 7, np.uint16), name="flat", scale=(0.25, 0.25), units=UM[:2])]
    assessment = assess(flat, reference=material.reference, mask=material.mask)
    assert math.isnan(list_panels(assessment)[0].values["flat"])
    assert write_figure(tmp_path, material, flat, assessment).stat().st_size > 10_000


def test_without_a_mask_there_is_no_figure(tmp_path):
    material, tests = make_scene((64, 80))
    with pytest.raises(ValueError, match="needs an assessment with a mask"):
        write_figure(tmp_path, material, tests, assess(tests, reference=material.reference))


def test_files_are_named_with_what_they_are(tmp_path):
    said: list[str] = []
    name_files([tmp_path / "comparison.png", tmp_path / "x.ome.tif"], said.append)
    assert said[0] == f"Written to {tmp_path}:"
    assert "side" in said[1] or "scores" in said[1]
    assert said[2].split() == ["x.ome.tif", "image", "with", "scale", "and", "provenance"]
    assert file_name(Image(np.zeros((2, 2)), name="a b c")) == "a-b-c.ome.tif"
