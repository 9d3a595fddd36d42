"""The camera of a synthesis: estimated from a layer, told in words, part of the settings."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.noise import Camera, expose
from napari_fidelity.widgets.camera_section import OWN_WORDS, CameraSection
from napari_fidelity.widgets.dock_parts import HINT


@pytest.fixture
def section(viewer, qtbot):
    section = CameraSection(viewer, lambda: None)
    qtbot.addWidget(section)
    return section


@pytest.fixture
def photo():
    ramp = np.tile(np.linspace(0, 1, 128), (128, 1))
    return expose(ramp, Camera(photons=400, gain=2.0, offset=100), seed=1)


def choose_and_wait(section, layer, qtbot):
    section.choice.choose(layer)
    qtbot.waitUntil(lambda: section._job is None, timeout=20000)


def test_the_models_own_noise_comes_first(section):
    assert section.camera() is None
    assert section.problem() == ""
    assert section.words.text() == OWN_WORDS


def test_a_layer_gives_its_camera_and_can_be_left_again(section, viewer, photo, qtbot):
    heard = []
    section.changed.connect(lambda: heard.append(section.camera()))
    layer = viewer.add_image(photo, name="raw")
    section.choice.choose(layer)
    assert section.problem() == "The camera of “raw” is being estimated."
    assert section.words.property("role") == HINT
    qtbot.waitUntil(lambda: section._job is None, timeout=20000)
    camera = section.camera()
    assert isinstance(camera, CameraNoise)
    assert camera.gain == pytest.approx(2.0, rel=0.1)
    assert "gain" in section.words.text()
    assert heard == [None, camera]
    section.choice.choose(None)
    assert section.camera() is None
    assert section.words.text() == OWN_WORDS


def test_an_image_that_tells_no_gain_says_why(section, viewer, qtbot):
    flat = np.random.default_rng(0).normal(100, 3, (128, 128))
    choose_and_wait(section, viewer.add_image(flat, name="flat"), qtbot)
    assert section.camera() is None
    assert "gain is not known from flat" in section.problem()
    choose_and_wait(section, viewer.add_image(np.zeros((64, 64)), name="black"), qtbot)
    assert "black is 0 everywhere" in section.problem()


def test_the_docks_own_result_is_not_offered(viewer, photo, qtbot):
    layer = viewer.add_image(photo)
    section = CameraSection(viewer, lambda: layer)
    qtbot.addWidget(section)
    assert section.verdict(layer) is None


def test_the_synthesize_dock_hands_it_to_the_operation(make_napari_viewer, photo, qtbot):
    from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

    viewer = make_napari_viewer()
    mask = np.zeros((128, 128), np.uint16)
    mask[30:60, 30:60] = 1
    viewer.add_labels(mask, name="mask")
    layer = viewer.add_image(photo, name="raw")
    dock = SynthesizeDock(viewer)
    viewer.window.add_dock_widget(dock)
    section = dock.camera_section
    section.choice.choose(layer)
    assert "being estimated" in dock.problem()
    qtbot.waitUntil(lambda: section._job is None, timeout=20000)
    dock.match_section.choice.choose(layer)
    assert dock.problem() == ""
    assert dock.plan().params.camera == section.camera()
