"""The Synthesize dock while things go wrong: cancel, delete, rename, resize, close, failure."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock


@pytest.fixture
def viewer(make_napari_viewer):
    viewer = make_napari_viewer()
    pixels = np.zeros((64, 48), np.uint16)
    pixels[10:30, 10:20] = 1
    viewer.add_labels(pixels, name="mask")
    return viewer


@pytest.fixture
def dock(viewer, backend):
    dock = SynthesizeDock(viewer, backend)
    viewer.window.add_dock_widget(dock, name="Synthesize (Fidelity)")
    return dock


def start_and_hold(dock, operation, qtbot):
    """Press, and wait until the operation stands still inside a tile."""
    operation.gate.clear()
    operation.in_tile.clear()
    dock.run_button.click()
    qtbot.waitUntil(operation.in_tile.is_set, timeout=5000)


def wait_idle(dock, qtbot):
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)


def finish(dock, operation, qtbot):
    operation.gate.set()
    wait_idle(dock, qtbot)


def test_cancel_within_a_tile_leaves_the_old_pixels(dock, viewer, operation, qtbot):
    dock.run_button.click()
    wait_idle(dock, qtbot)
    layer = viewer.layers[0]
    data, name, note = layer.data, layer.name, layer.metadata
    before = data.copy()
    dock.settings.form.set_values({"seed": 9})
    start_and_hold(dock, operation, qtbot)
    assert dock.run_button.text() == "Cancel"
    assert dock.bar.isVisibleTo(dock)
    dock.run_button.click()
    assert dock.run_button.text() == "Cancelling…"
    assert not dock.run_button.isEnabled()
    wait_idle(dock, qtbot)
    assert viewer.layers[0].data is data
    np.testing.assert_array_equal(data, before)
    assert (layer.name, layer.metadata) == (name, note)
    assert dock.run_button.text() == "Synthesize"
    assert dock.words.text() == "Cancelled: the layers are as they were."


def test_mask_deleted_while_it_runs(dock, viewer, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    viewer.layers.clear()
    finish(dock, operation, qtbot)
    assert [layer.name for layer in viewer.layers] == ["mask · fake-nuclei · seed 0"]


def test_result_deleted_while_it_is_made_again(dock, viewer, operation, qtbot):
    dock.run_button.click()
    wait_idle(dock, qtbot)
    start_and_hold(dock, operation, qtbot)
    viewer.layers.pop(0)
    finish(dock, operation, qtbot)
    assert [layer.name for layer in viewer.layers] == ["mask · fake-nuclei · seed 0", "mask"]


def test_mask_renamed_and_resized_while_it_runs(dock, viewer, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    mask = viewer.layers["mask"]
    mask.name = "other"
    mask.data = np.ones((30, 30), np.uint16)
    finish(dock, operation, qtbot)
    layer = viewer.layers[0]
    assert (layer.name, layer.data.shape) == ("mask · fake-nuclei · seed 0", (64, 48))
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert (layer.name, layer.data.shape) == ("other · fake-nuclei · seed 0", (30, 30))


def test_a_result_renamed_by_hand_keeps_that_name(dock, viewer, qtbot):
    dock.run_button.click()
    wait_idle(dock, qtbot)
    viewer.layers[0].name = "my favourite"
    dock.settings.form.set_values({"seed": 4})
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert [layer.name for layer in viewer.layers] == ["my favourite", "mask"]


def test_painting_while_it_runs_does_not_change_what_is_computed(dock, viewer, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    viewer.layers["mask"].data[:] = 1
    assert operation.seen[0][0].array.sum() == 200
    finish(dock, operation, qtbot)


def test_closing_the_viewer_while_it_runs(dock, viewer, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    job = dock._job
    viewer.close()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    assert len(viewer.layers) == 0  # closed, and no result was added to it since


def test_closing_the_dock_while_it_runs(dock, viewer, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    job = dock._job
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    assert [layer.name for layer in viewer.layers] == ["mask"]
    viewer.add_image(np.zeros((4, 4)))  # the orphaned dock hears layer events without harm
    dock.deleteLater()


def test_a_users_mistake_is_said_beside_the_button(dock, viewer, operation, qtbot):
    viewer.layers["mask"].data[:] = 0
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert dock.words.text() == "The mask “mask” is empty: paint an object first."
    assert dock.words.property("role") == "problem"
    assert dock.run_button.isEnabled()
    operation.failure = UserError("The model is damaged.")
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert dock.words.text() == "The model is damaged."


def test_a_bug_leaves_the_dock_usable(dock, viewer, operation, qtbot):
    operation.failure = RuntimeError("odd")
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert "RuntimeError: odd" in dock.words.text()
    operation.failure = None
    dock.run_button.click()
    wait_idle(dock, qtbot)
    assert len(viewer.layers) == 2


def test_start_twice_is_refused(dock, operation, qtbot):
    start_and_hold(dock, operation, qtbot)
    with pytest.raises(UserError, match="is running"):
        dock.start()
    finish(dock, operation, qtbot)
