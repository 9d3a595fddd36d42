"""`estimate` prints what Python finds; `synthesize` takes it."""

import json

import numpy as np
import pytest

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.operations.estimate import estimate
from napari_fidelity.simulation.noise import Camera, expose

CAMERA = Camera(photons=400, background_photons=0, gain=2.0, offset=100)


@pytest.fixture
def photo(tmp_path):
    ramp = np.tile(np.linspace(0, 1, 128), (128, 1))
    image = Image(expose(ramp, CAMERA, seed=1), scale=(0.1, 0.1), units=("micrometer",) * 2)
    write_image(tmp_path / "photo.ome.tif", image)
    dark = Image(np.stack([expose(np.zeros((64, 64)), CAMERA, seed=n) for n in range(3)]))
    write_image(tmp_path / "dark.ome.tif", dark)
    return tmp_path / "photo.ome.tif"


def test_json_is_what_python_finds(run, photo):
    outcome = run("estimate", photo, "--format", "json")
    assert outcome.code == 0, outcome.err
    found = json.loads(outcome.out)
    assert found == estimate(read_image(photo)).to_json()
    assert found["gain"]["value"] == pytest.approx(2, rel=0.1)
    assert found["blur_fwhm_um"]["value"] is None or found["blur_fwhm_um"]["value"] > 0


def test_text_and_dark_frames(run, photo):
    outcome = run("estimate", photo, "--dark", photo.parent / "dark.ome.tif")
    assert outcome.code == 0, outcome.err
    assert "mean of the dark frame" in outcome.out
    assert "grey levels per electron" in outcome.out


def test_a_mistake_is_one_sentence(refuse, photo, tmp_path):
    write_image(tmp_path / "flat.ome.tif", Image(np.full((64, 64), 9, np.uint8)))
    assert "9 everywhere" in refuse("estimate", tmp_path / "flat.ome.tif")
    assert "--channel" in refuse("estimate", photo, "--channel", "-1")
    assert "--stack" in refuse("estimate", photo, "--stack", "movie")


def test_synthesize_takes_the_camera_from_an_estimate(run, refuse, package, field, photo):
    (field / "camera.json").write_text(run("estimate", photo, "--format", "json").out)
    words = ["synthesize", "--model", package, field / "M.tif", "-o", field / "out.ome.tif"]
    levels = ["--levels", "400", "90", "120", "10"]
    outcome = run(*words, *levels, "--camera", field / "camera.json")
    assert outcome.code == 0, outcome.err
    made = read_image(field / "out.ome.tif").provenance["params"]["camera"]
    assert made["gain"] == pytest.approx(2, rel=0.1)
    assert "There is no file" in refuse(*words, "--camera", "nowhere.json")
