"""The menu commands: one dock however it is opened, and a file run again."""

from __future__ import annotations

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QFileDialog

from napari_fidelity.app import commands
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.widgets.layers import METADATA_KEY
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

TITLE = "Synthesize (Fidelity)"


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


def test_opening_takes_the_active_layer_and_a_second_time_raises_the_same_dock(viewer):
    first = viewer.add_labels(np.eye(8, dtype=int), name="first")
    second = viewer.add_labels(np.eye(8, dtype=int), name="second")
    dock = commands.open_synthesize(viewer)
    assert isinstance(dock, SynthesizeDock)
    assert dock.mask_section.chosen_mask() is second
    viewer.layers.selection.active = first
    dock.parent().hide()
    assert commands.open_synthesize(viewer) is dock
    assert dock.parent().isVisibleTo(dock.parent().parent())
    assert dock.mask_section.chosen_mask() is first
    assert [name for name in viewer.window.dock_widgets if name == TITLE] == [TITLE]


def test_a_dock_opened_under_another_name_is_raised_too(viewer):
    dock = SynthesizeDock(viewer)
    viewer.window.add_dock_widget(dock, name="Synthesize (napari-fidelity)")
    assert commands.open_synthesize(viewer) is dock


def test_an_active_image_becomes_the_one_to_match(viewer):
    viewer.add_labels(np.eye(8, dtype=int))
    real = viewer.add_image(np.eye(8))
    dock = commands.open_synthesize(viewer)
    assert dock.match_section.layer() is real


def test_a_file_run_again_becomes_a_layer(viewer, qtbot, tmp_path, monkeypatch):
    stored = Image(np.ones((8, 8), np.uint16), scale=(0.5, 0.5), provenance={"operation": "x"})
    path = write_image(tmp_path / "made.ome.tif", stored)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(path), ""))
    again = "napari_fidelity.operations.rerun.rerun"
    monkeypatch.setattr(again, lambda image, _progress: image.with_array(image.array * 2))
    job = commands.rerun_from_file(viewer)
    with qtbot.waitSignal(job.finished, timeout=5000):
        pass
    (layer,) = viewer.layers
    assert (layer.data == 2).all()
    np.testing.assert_allclose(layer.scale, (0.5, 0.5))
    assert layer.metadata[METADATA_KEY]["provenance"] == {"operation": "x"}


def test_a_file_without_a_recipe_is_refused_in_a_sentence(viewer, qtbot, tmp_path, monkeypatch):
    path = write_image(tmp_path / "plain.ome.tif", Image(np.ones((8, 8), np.uint16)))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: (str(path), ""))
    before = len(notification_manager.records)
    with qtbot.waitSignal(commands.rerun_from_file(viewer).finished, timeout=5000):
        pass
    assert len(viewer.layers) == 0
    assert "carries no recipe" in notification_manager.records[before].message


def test_no_file_chosen_starts_nothing(viewer, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a, **_k: ("", ""))
    assert commands.rerun_from_file(viewer) is None
