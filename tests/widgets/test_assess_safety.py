"""Layers, docks and viewers that go away or change while the Assess dock measures."""

import threading

import numpy as np
import pytest

from napari_fidelity.widgets import assess_request
from tests.widgets.assess_scene import bars_of, run


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def change_while_running(qtbot, dock, held, change):
    began, release = held
    job = dock.start()
    qtbot.waitUntil(began.is_set, timeout=5000)
    change()
    release()
    if job.is_running:
        with qtbot.waitSignal(job.finished, timeout=10000):
            pass


@pytest.mark.parametrize("name", ["defocused", "real", "nuclei"])
def test_layer_deleted_while_running(qtbot, scene, dock, held, name):
    change_while_running(qtbot, dock, held, lambda: scene.layers.remove(name))
    assert len(dock.result.cards) == 2
    assert dock.result.stale_words.text() == f"Out of date: “{name}” was removed."
    assert np.isfinite(bars_of(dock, "other exposure")["Signal"].value)


def test_all_layers_deleted_while_running(qtbot, scene, dock, held):
    change_while_running(qtbot, dock, held, scene.layers.clear)
    assert dock.result.is_stale()
    assert dock.problem() == "Open an image to compare with."
    assert not dock.run_button.isEnabled()
    assert dock.run_button.toolTip() == dock.problem()


def test_layer_renamed_while_running(qtbot, scene, dock, held):
    def rename():
        scene.layers["defocused"].name = "out of focus"

    change_while_running(qtbot, dock, held, rename)
    assert not dock.result.is_stale()
    assert dock.result.cards[0].title.whole_text() == "out of focus"


def test_layer_resized_while_running(qtbot, scene, dock, held):
    def resize():
        scene.layers["defocused"].data = np.zeros((9, 9), np.uint16)

    change_while_running(qtbot, dock, held, resize)
    assert dock.result.stale_words.text() == "Out of date: “defocused” was edited."
    qtbot.waitUntil(
        lambda: not dock.inputs.tests.box(scene.layers["defocused"]).isEnabled(), timeout=2000
    )


def test_cancel_keeps_the_old_result(qtbot, dock, monkeypatch, held):
    began, _ = held
    held[1]()
    run(qtbot, dock)
    old = dock.assessment
    gate = threading.Event()

    def wait(_tests, *, progress, **_):
        began.set()
        for _step in range(2000):
            progress(0, 1, "waiting")
            gate.wait(0.005)

    monkeypatch.setattr(assess_request, "assess", wait)
    began.clear()
    dock.run_button.click()
    job = dock._job
    assert dock.run_button.text() == "Cancel"
    qtbot.waitUntil(began.is_set, timeout=5000)
    with qtbot.waitSignal(job.finished, timeout=2000):
        dock.run_button.click()
    assert dock.assessment is old
    assert dock.words.text() == "Cancelled."
    assert not dock.result.is_stale()
    assert dock.run_button.text() == "Assess"


def test_viewer_closed_while_running(qtbot, scene, dock, held):
    began, release = held
    job = dock.start()
    qtbot.waitUntil(began.is_set, timeout=5000)
    scene.close()
    release()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    assert dock.assessment is None


def test_dock_closed_while_running(qtbot, scene, dock, held):
    began, release = held
    job = dock.start()
    qtbot.waitUntil(began.is_set, timeout=5000)
    scene.window.remove_dock_widget(dock)
    release()
    qtbot.waitUntil(lambda: not job.is_running, timeout=5000)
    assert dock.assessment is None
    dock.deleteLater()


def test_nan_is_refused_in_a_sentence(qtbot, scene, dock):
    bad = scene.layers["defocused"].data.astype(np.float32)
    bad[3, 3] = np.nan
    scene.layers["defocused"].data = bad
    run(qtbot, dock)
    assert "defocused" in dock.words.text()
    assert "NaN" in dock.words.text() or "finite" in dock.words.text()
    assert dock.assessment is None
