"""The Segment dock: a trained model, a threshold, labels above the image."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtWidgets import QFileDialog

import napari_fidelity as fidelity
from napari_fidelity.app import commands
from napari_fidelity.cli.main import main
from napari_fidelity.contributions.reader import read_layers
from napari_fidelity.models import use_model_folders
from napari_fidelity.operations.segment import segment
from napari_fidelity.widgets import preferences
from napari_fidelity.widgets.layers import image_from_layer
from napari_fidelity.widgets.segment_dock import SegmentDock
from napari_fidelity.widgets.temporary_layers import is_temporary
from napari_fidelity.widgets.train_use import use_trained
from tests.models.packages import write_care, write_model

FRAME = {"scale": (0.1, 0.1), "units": ("micrometer",) * 2, "translate": (3.0, 5.0)}


def write_segmentation(folder, **settings):
    """A package whose masks of noise are neither empty nor full."""
    return write_model(
        folder, task="segmentation", network="segmentation-unet", **{"widths": (2, 4), **settings}
    )


def add_cells(viewer, shape=(64, 48), **frame):
    pixels = np.random.default_rng(0).poisson(100, shape).astype(np.uint16)
    pixels[..., 20:40, 10:30] += 900
    return viewer.add_image(pixels, name="cells", **{**FRAME, **frame})


def choose_threshold(dock, layer):
    """A threshold that gives about half of the pixels, whatever the network."""
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        dock.methods.form().set_values({"threshold": middle})
        share = segment(image_from_layer(layer), dock.settings()).array.mean()
        low, high = (middle, high) if share > 0.5 else (low, middle)


def run(dock, qtbot):
    dock.run()
    qtbot.waitUntil(lambda: dock._job is None, timeout=20000)


@pytest.fixture
def dock(qtbot, viewer, models):
    write_segmentation(models / "seg")
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    yield dock
    dock._on_removed()
    qtbot.waitUntil(lambda: dock.preview.is_settled, timeout=10000)


def test_without_a_model_it_says_how_to_get_one(qtbot, viewer, models):
    write_care(models / "care")
    dock = SegmentDock(viewer)
    qtbot.addWidget(dock)
    section = dock.methods
    assert "Train one: Plugins ▸ Fidelity ▸ Train" in section.words.text()
    assert [section.combo.itemText(row) for row in range(section.combo.count())] == [
        "Choose a model folder…"
    ]
    add_cells(viewer)
    assert "no model yet" in dock.problem()
    assert not dock.run_button.isEnabled()
    write_segmentation(models / "seg", seed=1)
    section.refresh()
    assert dock.problem() == ""
    assert section.warning.text().startswith("Careful: it was trained on drawn cells")
    (models / "seg" / "manifest.json").unlink()
    section.refresh()
    assert "no model yet" in dock.problem()


def test_a_folder_is_chosen_by_a_person(dock, viewer, tmp_path, monkeypatch):
    section = dock.methods
    elsewhere = write_segmentation(tmp_path / "run" / "model")
    care = write_care(tmp_path / "care")

    def click(answer):
        monkeypatch.setattr(section, "ask_folder", lambda: str(answer))
        section.combo.setCurrentIndex(section.combo.count() - 1)
        section.combo.activated.emit(section.combo.count() - 1)

    click(care)
    assert "is a model for restoration, not for segmentation" in section.warning.text()
    assert section.spec().key == "seg"
    click(tmp_path / "run")
    assert dock.settings().model == str(elsewhere)
    assert dock.settings().threshold == 0.5


def test_labels_lie_above_the_image_in_its_frame(dock, viewer, qtbot):
    cells = add_cells(viewer, rotate=20)
    choose_threshold(dock, cells)
    params = dock.settings()
    run(dock, qtbot)
    labels = dock.result.layer()
    assert isinstance(labels, Labels)
    assert list(viewer.layers) == [cells, labels]
    assert viewer.layers.selection.active is cells
    expected = segment(image_from_layer(cells), params).array
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(labels.data, expected)
    for name in ("scale", "translate", "rotate"):
        np.testing.assert_array_equal(getattr(labels, name), getattr(cells, name))
    assert labels.units == cells.units
    assert "% foreground." in dock.words.text()
    dock.methods.form().set_values({"label_objects": True})
    run(dock, qtbot)
    assert dock.result.layer() is labels
    assert labels.data.dtype == np.uint16
    assert labels.data.max() > 1
    assert f"{labels.data.max()} objects." in dock.words.text()
    labels.data[0, 0] += 1
    run(dock, qtbot)
    assert "edited by hand" in dock.words.text()
    assert len(viewer.layers) == 3


def test_cancelled_it_leaves_the_layers_as_they_are(dock, viewer, qtbot):
    cells = add_cells(viewer)
    dock.run()
    dock.cancel()
    qtbot.waitUntil(lambda: dock._job is None, timeout=20000)
    assert dock.words.text() == "Cancelled: nothing was changed."
    assert list(viewer.layers) == [cells]


def test_a_mask_of_all_channels_lies_on_each_of_them(dock, viewer, qtbot, models):
    write_segmentation(models / "both", in_channels=2)
    dock.methods.refresh()
    dock.methods.choose("both")
    axes = {"axis_labels": ("t", "c", "y", "x"), "units": ("s", "pixel", "um", "um")}
    frame = {**axes, "scale": (2.0, 1.0, 0.1, 0.1), "translate": (0.0, 4.0, 3.0, 5.0)}
    cells = add_cells(viewer, shape=(3, 2, 64, 48), **frame)
    run(dock, qtbot)
    labels = dock.result.layer()
    expected = segment(image_from_layer(cells), dock.settings()).array
    assert expected.shape == (3, 64, 48)
    np.testing.assert_array_equal(labels.data[:, 0], expected)
    for channel in range(2):
        place = cells.data_to_world((1, channel, 30, 20))
        np.testing.assert_array_equal(np.rint(labels.world_to_data(place)), (1, 0, 30, 20))
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.overlay.is_shown() and dock.preview.is_settled)
    shown = dock.preview.overlay.layer
    np.testing.assert_array_equal(shown.data[0, 0], expected[viewer.dims.current_step[0]])


def test_what_is_saved_opens_as_labels(dock, viewer, qtbot, tmp_path, monkeypatch):
    choose_threshold(dock, add_cells(viewer))
    run(dock, qtbot)
    out = tmp_path / "mask.ome.tif"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    job = dock.save()
    qtbot.waitUntil(lambda: not job.is_running, timeout=10000)
    data, attributes, kind = read_layers(str(out))[0]
    assert kind == "labels"
    np.testing.assert_array_equal(data, dock.result.layer().data)
    assert attributes["scale"] == FRAME["scale"]
    recipe = attributes["metadata"]["napari-fidelity"]["provenance"]
    assert recipe["params"]["threshold"] == dock.settings().threshold


def test_the_preview_is_labels_for_a_while(dock, viewer, qtbot):
    cells = add_cells(viewer)
    choose_threshold(dock, cells)
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.overlay.is_shown() and dock.preview.is_settled)
    shown = dock.preview.overlay.layer
    assert isinstance(shown, Labels)
    assert is_temporary(shown)
    expected = segment(image_from_layer(cells), dock.settings()).array
    np.testing.assert_array_equal(shown.data, expected)
    cells.contrast_limits = (0, 50)
    dock.preview_row.set_on(False)
    assert list(viewer.layers) == [cells]


def test_what_it_would_do_can_be_copied_and_made_again(dock, viewer, qtbot, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    cells = add_cells(viewer)
    choose_threshold(dock, cells)
    dock.methods.form().set_values({"label_objects": True, "flips": "mirrored"})
    fidelity.write_image("cells.ome.tif", image_from_layer(cells))
    words = shlex.split(dock.copy_button.copy("command"))
    assert main(words[1:]) == 0
    out = words[words.index("-o") + 1]
    expected = segment(image_from_layer(cells), dock.settings()).array
    np.testing.assert_array_equal(fidelity.read_image(out).array, expected)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (out, ""))
    monkeypatch.setattr(commands, "apply_model_folder", lambda: None)
    job = commands.rerun_from_file(viewer)
    qtbot.waitUntil(lambda: not job.is_running, timeout=10000)
    assert isinstance(viewer.layers[-1], Labels)
    np.testing.assert_array_equal(viewer.layers[-1].data, expected)
    assert "fidelity.segment(image, params)" in dock.copy_button.copy("python")
    assert "label_objects: true" in dock.copy_button.copy("recipe")


def test_a_trained_model_opens_it(make_napari_viewer, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(preferences, "_used", [])
    monkeypatch.setattr(preferences, "runs_folder", lambda: tmp_path / "runs")
    viewer = make_napari_viewer()
    cells = add_cells(viewer)
    folder = write_segmentation(tmp_path / "run" / "model")
    assert use_trained(viewer, tmp_path / "run") == "“Tiny model” is chosen in the Segment dock."
    dock = commands.open_segment(viewer)
    assert dock.source.layer() is cells
    assert Path(dock.settings().model).name == folder.name
    assert dock.key_help.page.is_file()
    run(dock, qtbot)
    assert isinstance(dock.result.layer(), Labels)
    use_model_folders([])
