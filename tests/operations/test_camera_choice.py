"""A known camera takes the place of a generator's own noise, tiled, live, matched and re-run."""

import json
import shlex

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.models import load_model
from napari_fidelity.operations.camera_choice import read_camera
from napari_fidelity.operations.copy_text import Call, as_command
from napari_fidelity.operations.live_synthesis import start_live
from napari_fidelity.operations.rerun import rerun
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.estimation import Estimated, ImageEstimate
from napari_fidelity.simulation.observation import Levels
from tests.inference.edit_sequences import draw_discs

CAMERA = CameraNoise(offset=100, gain=2.5, read_noise=1.5)
LEVELS = Levels(foreground_mean=500, foreground_sd=120, background_mean=130, background_sd=12)
SETTINGS = {"seed": 3, "precision": "float32", "levels": LEVELS, "camera": CAMERA}


def pin(image, **changes):
    return SynthesizeParams.parse({**image.provenance["params"], **changes})


@pytest.fixture(scope="module")
def made():
    return synthesize(Image(draw_discs((160, 150))), SynthesizeParams(**SETTINGS))


def test_the_noise_is_that_of_the_camera_around_the_same_light(made):
    response = {**made.provenance["params"]["response"], "field_sd": 0}  # no stray light
    labels = Image(draw_discs((160, 150)))
    expected = synthesize(labels, pin(made, response=response, noise=False)).array
    residual = synthesize(labels, pin(made, response=response)).array - expected
    for low, high in ((100, 200), (300, 450), (450, 700)):
        inside = (expected >= low) & (expected < high)
        wanted = CAMERA.gain * (expected[inside] - CAMERA.offset).mean()
        wanted += (CAMERA.gain * CAMERA.read_noise) ** 2
        assert residual[inside].var() == pytest.approx(wanted, rel=0.1)
        assert residual[inside].mean() == pytest.approx(0, abs=1.5)


def test_stated_levels_are_met_with_the_cameras_noise(made):
    inside = draw_discs((160, 150)) > 0
    assert made.array[inside].mean() == pytest.approx(LEVELS.foreground_mean, rel=0.03)
    assert made.array[inside].std() == pytest.approx(LEVELS.foreground_sd, rel=0.1)
    assert made.array[~inside].mean() == pytest.approx(LEVELS.background_mean, rel=0.1)


def test_without_a_camera_nothing_changes():
    labels = Image(draw_discs((64, 64)))
    params = SynthesizeParams(seed=3, precision="float32")
    before = synthesize(labels, params)
    assert before.provenance["params"]["camera"] is None
    again = synthesize(labels, params.model_copy(update={"noise": False, "camera": CAMERA}))
    plain = synthesize(labels, params.model_copy(update={"noise": False}))
    assert again.array.tobytes() == plain.array.tobytes()


def test_tiles_and_live_pieces_are_those_of_the_whole(made):
    labels = draw_discs((160, 150))
    tiled = synthesize(Image(labels), pin(made, tile_px=64)).array
    # a rate that is a rounding error away may count one photon more
    assert np.mean(np.abs(tiled - made.array) > 1e-3) < 1e-3
    live = start_live(labels.shape, (0, 0), pin(made))
    low, high = live.read_box((20, 30), (80, 100))
    piece = live.render((), (20, 30), (80, 100), labels[low[0] : high[0], low[1] : high[1]])
    assert np.mean(np.abs(piece - made.array[20:80, 30:100]) > 1e-3) < 1e-3


def test_it_is_made_again_from_its_recipe(made):
    assert rerun(made).array.tobytes() == made.array.tobytes()


def test_a_camera_that_is_darker_than_the_result_is_asked_for():
    response = load_model(SynthesizeParams().model).manifest.response
    level = f"{response.offset + response.gain:.4g}"
    with pytest.raises(UserError, match=f"dark at 100, but objects would have the level {level}:"):
        synthesize(Image(draw_discs((64, 64))), SynthesizeParams(camera=CAMERA))


def test_a_camera_is_read_from_an_estimate_a_file_or_json(tmp_path):
    known = Estimated(2.0, 1.9, 2.1, "stated")
    found = ImageEstimate(*[known] * 7, image="cells")
    path = tmp_path / "camera.json"
    path.write_text(json.dumps(found.to_json()), encoding="utf-8")
    assert read_camera(str(path)) == CameraNoise(offset=2, gain=2, read_noise=2)
    assert read_camera(CAMERA.model_dump_json()) == CAMERA


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nowhere.json", "There is no file nowhere.json"),
        ("{", "not JSON"),
        ('{"gain": 0, "offset": 1}', "gain"),
        ('{"gain": 2}', "offset"),
        ('{"gain": {"value": 1}}', "no estimate of a camera"),
    ],
)
def test_other_cameras_are_refused_in_a_sentence(text, said):
    with pytest.raises(UserError, match=said):
        read_camera(text)


def test_an_estimate_without_a_gain_says_why():
    known = Estimated(2.0, 1.9, 2.1, "stated")
    gain = Estimated.unknown("too little range")
    found = ImageEstimate(known, gain, *[known] * 5, image="cells")
    with pytest.raises(UserError, match="gain is not known from cells: too little range"):
        read_camera(json.dumps(found.to_json()))


def test_a_copied_command_states_the_camera():
    call = Call("synthesize", SynthesizeParams(camera=CAMERA), ("mask.tif",))
    words = shlex.split(as_command(call))
    assert read_camera(words[words.index("--camera") + 1]) == CAMERA
