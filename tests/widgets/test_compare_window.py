"""The Compare dock in a real window: cells, the swipe line and its pixels, the second window."""

import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QShortcut

from napari_fidelity.app.commands import open_compare
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.swipe import NOT_HERE
from napari_fidelity.widgets.swipe_clip import SwipeClip
from tests.widgets.compare_scene import fill, looks_of, open_dock, shown


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def scene(viewer):
    fill(viewer)
    viewer.reset_view()
    return viewer


@pytest.fixture
def dock(qtbot, scene):
    dock = open_dock(qtbot, scene)
    qtbot.wait(50)
    return dock


def canvas_of(viewer):
    return viewer.window._qt_viewer.canvas


def sides(viewer):
    """Mean brightness of the canvas left and right of the middle, in the rows of the image."""
    pixels = viewer.screenshot(canvas_only=True, flash=False)[..., 0].astype(float)
    height, width = pixels.shape
    rows = pixels[height * 3 // 8 : height * 5 // 8]
    return rows[:, width * 2 // 8 : width * 3 // 8].mean(), rows[
        :, width * 5 // 8 : width * 6 // 8
    ].mean()


@pytest.fixture
def black_and_white(qtbot, viewer):
    """A black and a white image, and the swipe between them."""
    for name, value in (("black", 0), ("white", 255)):
        viewer.add_image(np.full((40, 40), value, np.uint8), name=name, contrast_limits=(0, 255))
    dock = open_dock(qtbot, viewer)
    qtbot.wait(50)
    viewer.reset_view()
    viewer.scene.camera.zoom *= 4  # nothing else on the canvas
    dock.set_mode("swipe")
    dock.start()
    return dock


def test_everything_comes_back(qtbot, dock, scene):
    for mode in ("grid", "swipe", "blink"):
        before = looks_of(scene)
        dock.set_mode(mode)
        dock.start()
        qtbot.wait(60)
        assert dock.session.is_on
        dock.stop()
        qtbot.wait(30)
        after = looks_of(scene)
        assert after.pop("camera")[1] == pytest.approx(before.pop("camera")[1])
        assert after == before
    assert len(scene.layers) == 5


def test_layers_come_and_go_while_shown(qtbot, dock, scene):
    for mode in ("grid", "swipe", "blink"):
        dock.set_mode(mode)
        dock.start()
        scene.layers.remove("dim")
        qtbot.wait(30)
        assert dock.session.is_on
        scene.add_image(np.ones((24, 32)), name="dim")
        assert [layer.name for layer in dock.session.layers] == ["truth", "coarse", "dim"]
        qtbot.wait(30)
        dock.stop()
    dock.start()
    scene.layers.clear()
    qtbot.wait(30)
    assert not dock.session.is_on
    assert not scene.canvas.grid.enabled


@pytest.mark.parametrize("mode", ["swipe", "views"])
def test_the_viewer_is_closed_while_layers_are_compared(qtbot, dock, scene, mode):
    dock.set_mode(mode)
    dock.start()
    qtbot.wait(30)
    scene.close()
    qtbot.wait(30)


def test_closing_the_dock_stops(qtbot, scene):
    for mode in ("swipe", "views"):
        dock = open_compare(scene)
        assert open_compare(scene) is dock
        dock.set_mode(mode)
        dock.start()
        scene.window.remove_dock_widget(dock)
        assert not dock.session.is_on
        assert shown(scene) == ["truth", "dim", "coarse", "mask"]
        assert not scene.canvas.grid.enabled
        dock.deleteLater()
    qtbot.wait(30)
    scene.layers.remove("dim")


# ── swipe ────────────────────────────────────────────────────────────────────────────────


def test_each_side_of_the_line_shows_its_own_layer(qtbot, viewer, black_and_white):
    swipe = black_and_white.session.mode
    left, right = sides(viewer)
    assert left < 5
    assert right > 250
    swipe.divider.move_to(0.1)
    assert sides(viewer)[0] > 250
    swipe.divider.move_to(1.0)
    assert sides(viewer)[1] < 5
    swipe.divider.move_to(0.5)
    swipe.pair.swap()
    left, right = sides(viewer)
    assert left > 250
    assert right < 5
    black_and_white.stop()
    assert sides(viewer)[0] > 250  # white is on top, whole again
    assert len(viewer.layers) == 2


def test_the_clip_stays_when_napari_draws_in_another_way(qtbot, viewer, black_and_white):
    white = viewer.layers["white"]
    viewer.dims.ndisplay = 3
    qtbot.wait(60)
    left, right = sides(viewer)
    assert left < 5
    assert right > 250
    viewer.dims.ndisplay = 2
    qtbot.wait(60)
    white.visible = False
    assert sides(viewer)[1] < 5
    viewer.layers.move(0, 2)
    white.visible = True
    white.data = np.full((80, 70), 255, np.uint8)
    viewer.window.resize(900, 700)
    qtbot.wait(60)
    left, right = sides(viewer)
    assert left < 5
    assert right > 250


def test_the_clip_holds_for_the_tiles_of_a_large_image(qtbot, viewer, black_and_white):
    viewer.layers["white"].data = np.full((80, 20000), 255, np.uint8)  # more than a texture holds
    qtbot.wait(60)
    left, right = sides(viewer)
    assert left < 5
    assert right > 250


def test_keys_and_mouse_move_the_line_and_esc_ends(qtbot, viewer, black_and_white):
    divider = black_and_white.session.mode.divider
    native = canvas_of(viewer).native
    for widget in (native, divider):
        at = divider.position
        qtbot.keyClick(widget, Qt.Key.Key_Right)
        assert divider.position == pytest.approx(at + 0.005)
        qtbot.keyClick(widget, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
        assert divider.position == pytest.approx(at + 0.005 - 0.05)
    qtbot.keyClick(native, Qt.Key.Key_End)
    assert divider.position == 1.0
    qtbot.keyClick(native, Qt.Key.Key_Home)
    assert divider.position == 0.0
    qtbot.keyClick(native, Qt.Key.Key_Left)
    assert divider.position == 0.0
    shapes = viewer.add_shapes()
    shapes.mode = "add_polygon"
    qtbot.keyClick(native, Qt.Key.Key_Escape)  # finishes the polygon
    assert black_and_white.session.is_on
    shapes.mode = "pan_zoom"
    qtbot.keyClick(native, Qt.Key.Key_Escape)
    assert not black_and_white.session.is_on
    qtbot.wait(30)
    assert not is_alive(divider)
    qtbot.keyClick(native, Qt.Key.Key_Right)
    black_and_white.start()
    assert black_and_white.session.mode.divider.position == 0.0  # where it was left
    black_and_white.session.mode.divider.move_to(0.5)
    divider = black_and_white.session.mode.divider
    width = canvas_of(viewer).native.width()
    qtbot.mousePress(divider, Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    qtbot.mouseMove(divider, QPoint(20 + width // 4, 100))
    qtbot.mouseRelease(divider, Qt.MouseButton.LeftButton, pos=QPoint(20, 100))
    assert divider.position == pytest.approx(0.75, abs=0.02)
    qtbot.mouseDClick(divider, Qt.MouseButton.LeftButton)
    assert divider.position == 0.5
    assert [caption.text() for caption in divider.captions] == ["black", "white"]
    viewer.layers["black"].name = "ink"
    assert divider.captions[0].text() == "ink"
    black_and_white.inputs.caption_box.setChecked(False)
    assert not any(caption.isVisible() for caption in divider.captions)


def test_a_napari_that_draws_otherwise_is_said_and_nothing_is_left(
    qtbot, viewer, black_and_white, monkeypatch
):
    black_and_white.stop()
    monkeypatch.setattr(SwipeClip, "keep", lambda *_: False)
    before = looks_of(viewer)
    black_and_white.start()
    qtbot.waitUntil(lambda: not black_and_white.session.is_on, timeout=2000)
    assert black_and_white.words.text() == NOT_HERE
    assert looks_of(viewer)["white"] == before["white"]


# ── second window ────────────────────────────────────────────────────────────────────────


def test_a_canvas_shows_its_layer_as_the_viewer_does(qtbot, dock, scene):
    views = dock.session.modes["views"]
    assert views.problem(list(scene.layers) * 2) == (
        "A window shows up to 9 layers, 10 are ticked: untick some."
    )
    before = looks_of(scene)
    dock.set_mode("views")
    dock.start()
    window = dock.session.mode.window
    truth, mask = scene.layers["truth"], scene.layers["mask"]
    view = window.views[0]
    twin, mask_twin = view.twin.layer, view.overlays[0].layer
    assert twin.data is truth.data
    truth.colormap, truth.contrast_limits = "magenta", (5, 50)
    assert (twin.colormap.name, list(twin.contrast_limits)) == ("magenta", [5, 50])
    assert list(window.views[1].twin.layer.contrast_limits) == [5, 50]  # linked
    mask.visible = False
    assert not mask_twin.visible
    truth.data = truth.data + 1
    qtbot.waitUntil(lambda: twin.data is truth.data, timeout=2000)
    truth.name = "real"
    assert view.caption.whole_text() == "real"
    assert isinstance(twin, Image)
    assert twin not in scene.layers
    line = scene.add_shapes([np.array([[1, 1], [20, 20]])], shape_type="line")
    qtbot.waitUntil(lambda: all(len(view.overlays) == 2 for view in window.views), timeout=2000)
    line.data = [np.array([[1, 1], [5, 9]])]
    copied = view.overlays[1].layer
    qtbot.waitUntil(lambda: np.array_equal(copied.data[0], [[1, 1], [5, 9]]), timeout=2000)
    scene.layers.remove(mask)
    qtbot.waitUntil(lambda: all(len(view.overlays) == 1 for view in window.views), timeout=2000)
    cameras = [view.model.scene.camera for view in window.views]
    cameras[1].zoom, cameras[1].center = 9.0, (0.0, 3.0, 4.0)
    assert [camera.zoom for camera in cameras] == [9.0] * 3
    window.camera_box.setChecked(False)
    cameras[0].zoom = 2.0
    assert cameras[1].zoom == 9.0
    scene.layers.remove("dim")
    assert [view.source.name for view in window.views] == ["real", "coarse"]
    assert window.views[0] is view  # the canvas goes on
    (escape,) = window.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly)
    escape.activated.emit()
    assert not dock.session.is_on
    after = looks_of(scene)
    for name in ("grid", "camera", "coarse", "hidden"):
        assert after[name] == before[name]
