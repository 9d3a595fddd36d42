import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Shapes
from qtpy.QtCore import QObject

from napari_fidelity.widgets import layer_watch
from napari_fidelity.widgets.layer_watch import LayerWatch, sum_pixels

pytestmark = pytest.mark.usefixtures("qtbot")


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def watch(viewer):
    """Function that watches layers and returns the list that fills with what was noticed."""
    owner = QObject()
    made = []

    def start(*layers):
        watcher = LayerWatch(viewer, layers, owner)
        made.append(watcher)
        watcher.set_checksums(sum_pixels(watcher.pixels()))
        noticed = []
        watcher.edited.connect(noticed.append)
        return noticed

    yield start
    for watcher in made:
        watcher.stop()


def wait_for(qtbot, noticed, sentence):
    qtbot.waitUntil(lambda: sentence in noticed, timeout=3000)


def wait_silently(qtbot, noticed):
    qtbot.wait(4 * layer_watch.QUIET_MS)
    assert noticed == []


@pytest.fixture
def labels(viewer):
    return viewer.add_labels(np.zeros((4, 20, 20), np.uint8), name="mask")


def test_paint_stroke_and_fill(labels, watch):
    noticed = watch(labels)
    labels.paint((1, 5, 5), 2)
    assert "“mask” was edited." in noticed


def test_undo_and_redo(qtbot, labels, watch):
    labels.paint((0, 5, 5), 2)
    noticed = watch(labels)
    labels.undo()
    wait_for(qtbot, noticed, "“mask” was edited.")
    noticed.clear()
    labels.redo()
    wait_for(qtbot, noticed, "“mask” was edited.")


def test_undo_of_a_hidden_layer_after_scrolling(qtbot, viewer, labels, watch):
    labels.paint((0, 5, 5), 2)
    noticed = watch(labels)
    labels.visible = False
    viewer.dims.set_point(0, 3)
    assert noticed == []
    labels.undo()
    labels.visible = True
    wait_for(qtbot, noticed, "“mask” was edited.")


def test_new_data(viewer, watch):
    image = viewer.add_image(np.zeros((8, 8)), name="raw")
    noticed = watch(image)
    image.data = np.ones((8, 8))
    assert "“raw” was edited." in noticed


def test_edit_in_place_is_noticed_at_refresh(qtbot, viewer, watch):
    image = viewer.add_image(np.zeros((8, 8)), name="raw")
    noticed = watch(image)
    image.data[3, 4] = 1
    image.refresh()
    wait_for(qtbot, noticed, "“raw” was edited.")


def test_edit_in_place_of_a_large_layer_is_found_by_a_worker(qtbot, viewer, watch, monkeypatch):
    monkeypatch.setattr(layer_watch, "INLINE_BYTES", 10)
    image = viewer.add_image(np.zeros((3, 8, 8)), name="raw")
    noticed = watch(image)
    image.data[2, 3, 4] = 1
    image.refresh()
    wait_for(qtbot, noticed, "“raw” was edited.")


def test_looking_is_no_edit(qtbot, viewer, labels, watch):
    image = viewer.add_image(np.random.default_rng(0).random((4, 20, 20)), name="raw")
    labels.data[1, 2:9, 2:9] = 3
    noticed = watch(labels, image)
    for z in (0, 3, 1):
        viewer.dims.set_point(0, z)
    labels.contour = 2
    labels.show_selected_label = True
    labels.visible = False
    labels.visible = True
    labels.name = "nuclei"
    viewer.dims.order = (1, 0, 2)
    viewer.dims.order = (0, 1, 2)
    image.contrast_limits = (0, 0.5)
    image.refresh()
    labels.refresh()
    wait_silently(qtbot, noticed)


def test_move_and_removal(viewer, labels, watch):
    noticed = watch(labels)
    labels.scale = (2, 1, 1)
    viewer.layers.remove(labels)
    assert noticed == ["“mask” was moved.", "“mask” was removed."]


def test_shapes(viewer, watch):
    shapes = Shapes([np.array([[1, 1], [5, 5]])], shape_type="rectangle", name="drawn")
    viewer.add_layer(shapes)
    noticed = watch(shapes)
    shapes.add_rectangles([[2, 2], [3, 3]])
    assert "“drawn” was edited." in noticed


def test_stopped_watch_hears_nothing(viewer, labels):
    owner = QObject()
    watcher = LayerWatch(viewer, [labels], owner)
    noticed = []
    watcher.edited.connect(noticed.append)
    watcher.stop()
    labels.paint((0, 5, 5), 2)
    viewer.layers.remove(labels)
    assert noticed == []


def test_checksums_tell_shape_and_type_apart():
    flat = np.zeros(12, np.uint8)
    sums = sum_pixels({0: flat.reshape(3, 4), 1: flat.reshape(4, 3), 2: flat.view(np.int8)[None]})
    assert len(set(sums.values())) == 3
