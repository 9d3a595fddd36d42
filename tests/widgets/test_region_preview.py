"""The preview of what is seen: it follows, the latest wins, and it leaves nothing behind."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layers import image_from_layer
from napari_fidelity.widgets.preview_request import PreviewRequest
from napari_fidelity.widgets.region_preview import RegionPreview


class Scene:
    """A layer of 600 × 600, an operation that adds, and what it was asked for."""

    def __init__(self, viewer, qtbot):
        self.viewer, self.qtbot = viewer, qtbot
        pixels = np.arange(600 * 600, dtype=np.float32).reshape(600, 600)
        self.layer = viewer.add_image(pixels, name="cells", colormap="cyan")
        self.add, self.regions, self.said = 1, [], []
        self.gate = threading.Event()
        self.gate.set()
        self.failure = None
        self.owner = QWidget()
        qtbot.addWidget(self.owner)
        self.preview = RegionPreview(viewer, self.ask, self.owner)
        self.preview.said.connect(lambda words, role: self.said.append((words, role)))
        viewer.canvas.size = (400, 400)
        self.look(300, 300, 4.0)

    def look(self, y, x, zoom):
        self.viewer.scene.camera.center = (0, y, x)
        self.viewer.scene.camera.zoom = zoom

    def ask(self):
        add = self.add

        def run(image, region, progress):
            self.regions.append((add, region))
            if self.failure is not None:
                raise self.failure
            while not self.gate.wait(0.002):
                progress(0, 1, "waiting")
            parts = tuple(part.start for part in region)
            moved = zip(image.translate, parts, image.scale, strict=True)
            origin = tuple(zero + first * size for zero, first, size in moved)
            pixels = image.array[region] + np.float32(add)
            return type(image)(pixels, scale=image.scale, units=image.units, translate=origin)

        return PreviewRequest(self.layer, add, run)

    def settle(self):
        self.qtbot.waitUntil(lambda: self.preview.is_settled, timeout=5000)

    def overlay(self):
        return self.preview.overlay.layer


@pytest.fixture
def scene(viewer, qtbot):
    scene = Scene(viewer, qtbot)
    yield scene
    scene.gate.set()
    scene.preview.end()
    scene.settle()


def test_it_lies_on_the_very_pixels_in_the_look_of_its_source(scene):
    scene.preview.set_on(True)
    scene.settle()
    overlay = scene.overlay()
    first = np.round(overlay.translate).astype(int)
    expected = scene.layer.data[first[0] :, first[1] :][: overlay.data.shape[0]][
        :, : overlay.data.shape[1]
    ]
    np.testing.assert_array_equal(overlay.data, expected + 1)
    assert overlay.colormap.name == "cyan"
    assert scene.viewer.layers.selection.active is scene.layer
    scene.layer.contrast_limits = (5, 500)
    scene.layer.visible = False
    assert list(overlay.contrast_limits) == [5, 500]
    assert not overlay.visible


def test_it_follows_pan_and_zoom_and_computes_nothing_twice(scene):
    scene.preview.set_on(True)
    scene.settle()
    scene.look(302, 301, 4.4)  # inside of what is computed
    scene.settle()
    assert len(scene.regions) == 1
    scene.look(100, 450, 4.0)
    scene.settle()
    (_, region) = scene.regions[-1]
    assert region[0].start <= 50
    assert region[0].stop >= 150
    assert region[1].start <= 400
    assert region[1].stop >= 500


def test_it_follows_settings_and_edits(scene):
    scene.preview.set_on(True)
    scene.settle()
    scene.add = 7
    scene.preview.touch()
    scene.settle()
    assert [add for add, _ in scene.regions] == [1, 7]
    scene.layer.data = np.zeros((600, 600), np.float32)
    scene.settle()
    assert (scene.overlay().data == 7).all()


def test_the_latest_request_wins(scene):
    scene.gate.clear()
    scene.preview.set_on(True)
    scene.qtbot.waitUntil(lambda: len(scene.regions) == 1)
    for add in (2, 3, 4):
        scene.add = add
        scene.preview.touch()
    scene.qtbot.waitUntil(lambda: [add for add, _ in scene.regions] == [1, 4], timeout=5000)
    assert scene.overlay() is None  # the first never showed
    scene.gate.set()
    scene.settle()
    assert scene.overlay().data.flat[0] % 1 == 0
    assert [add for add, _ in scene.regions] == [1, 4]


def test_off_takes_it_away_and_ends_what_runs(scene):
    scene.gate.clear()
    scene.preview.set_on(True)
    scene.qtbot.waitUntil(lambda: len(scene.regions) == 1)
    scene.preview.set_on(False)
    scene.settle()  # without the gate: it was cancelled
    assert len(scene.viewer.layers) == 1


def test_it_is_no_input_of_any_dock(scene):
    scene.preview.set_on(True)
    scene.settle()
    choice = LayerChoice(scene.viewer, lambda _layer: "")
    scene.qtbot.addWidget(choice)
    assert [choice.itemText(row) for row in range(choice.count())] == ["cells"]
    with pytest.raises(UserError, match="only shows something for a while"):
        image_from_layer(scene.overlay())


def test_deleting_it_switches_it_off(scene, qtbot):
    scene.preview.set_on(True)
    scene.settle()
    with qtbot.waitSignal(scene.preview.deleted):
        scene.viewer.layers.remove(scene.overlay())
    assert not scene.preview.is_on


def test_the_source_may_go_or_be_renamed_meanwhile(scene):
    scene.gate.clear()
    scene.preview.set_on(True)
    scene.qtbot.waitUntil(lambda: len(scene.regions) == 1)
    scene.layer.name = "other"
    scene.viewer.layers.clear()
    scene.gate.set()
    scene.preview.set_on(False)
    scene.settle()
    assert len(scene.viewer.layers) == 0


def test_a_sentence_is_said_and_no_old_picture_stays(scene):
    scene.preview.set_on(True)
    scene.settle()
    scene.failure, scene.add = UserError("The PSF is larger than the image."), 2
    scene.preview.touch()
    scene.settle()
    assert scene.said[-1] == ("The PSF is larger than the image.", "problem")
    assert scene.overlay() is None
    scene.failure, scene.add = None, 3
    scene.preview.touch()
    scene.settle()
    assert scene.overlay() is not None


def test_the_dock_may_be_deleted_while_it_computes(scene, qtbot):
    scene.gate.clear()
    scene.preview.set_on(True)
    qtbot.waitUntil(lambda: len(scene.regions) == 1)
    thread = scene.preview._thread
    scene.preview._running = None
    scene.owner.deleteLater()
    scene.gate.set()
    qtbot.waitUntil(lambda: thread.is_idle, timeout=5000)
    scene.preview = RegionPreview(scene.viewer, scene.ask, scene.viewer_owner(qtbot))


def _viewer_owner(self, qtbot):
    self.owner = QWidget()
    qtbot.addWidget(self.owner)
    return self.owner


Scene.viewer_owner = _viewer_owner


def test_a_part_has_a_thin_frame_at_every_zoom(scene):
    scene.viewer.canvas.size = (2400, 2400)
    scene.look(300, 300, 0.5)  # all 600 pixels are seen, 512 are computed
    scene.preview.set_on(True)
    scene.settle()
    overlay = scene.overlay()
    assert overlay.data.shape == (512 + 2 * 4, 512 + 2 * 4)
    assert (overlay.data[:4] == scene.layer.contrast_limits[1]).all()
    np.testing.assert_array_equal(overlay.translate, (48 - 4, 48 - 4))
    scene.look(300, 300, 2.0)
    scene.settle()
    assert scene.overlay() is overlay
    assert overlay.data.shape == (514, 514)
    assert len(scene.regions) == 1


def test_it_comes_back_with_the_view(scene):
    scene.preview.set_on(True)
    scene.settle()
    scene.look(5000, 5000, 4.0)
    scene.settle()
    assert scene.overlay() is None
    assert "Nothing of “cells” is in view" in scene.said[-1][0]
    scene.look(300, 300, 4.0)
    scene.settle()
    assert scene.overlay() is not None
