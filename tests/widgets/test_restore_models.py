"""Trained models in the Restore dock: listed, chosen by folder, with their uncertainty."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.restore import restore
from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.widgets.layers import image_from_layer
from napari_fidelity.widgets.method_choices import list_choices
from napari_fidelity.widgets.restore_dock import RestoreDock
from tests.models.packages import write_care, write_model

UM = {"scale": (0.1, 0.1), "units": ("um", "um")}


def add_cells(viewer, shape=(64, 48)):
    pixels = np.random.default_rng(0).poisson(100, shape).astype(np.uint16)
    pixels[..., 20:40, 10:30] += 900
    return viewer.add_image(pixels, name="cells", **UM)


@pytest.fixture
def dock(qtbot, viewer, models):
    write_care(models / "care")
    dock = RestoreDock(viewer)
    qtbot.addWidget(dock)
    yield dock
    dock._on_removed()
    qtbot.waitUntil(lambda: dock.preview.is_settled, timeout=10000)


def run(dock, qtbot):
    dock.run()
    qtbot.waitUntil(lambda: dock._job is None, timeout=20000)


def list_entries(section):
    return [section.combo.itemText(row) for row in range(section.combo.count())]


def test_models_come_after_the_methods(dock):
    entries = list_entries(dock.methods)
    titles = [spec.title for spec in METHODS.values()]
    assert entries == [*titles, "", "Tiny care", "", "Choose a model folder…"]
    dock.methods.choose("care")
    assert dock.methods.words.text() == "Knows nothing."
    assert "it was trained on drawn cells" in dock.methods.warning.text()
    assert list(dock.methods.form().forms[0].controls) == ["flips"]
    assert dock.psf.isHidden()


def test_a_result_is_that_of_the_operation(dock, viewer, qtbot):
    cells = add_cells(viewer)
    dock.methods.choose("care")
    run(dock, qtbot)
    layer = dock.result.layer()
    params = dock.settings()
    assert params.method.model == "care"
    np.testing.assert_array_equal(layer.data, restore(image_from_layer(cells), params).array)
    assert layer.name == "cells · Tiny care"
    assert len(viewer.layers) == 2


def test_the_uncertainty_is_a_layer_of_its_own(dock, viewer, qtbot):
    cells = add_cells(viewer)
    assert dock.methods.uncertainty.isHidden()
    dock.methods.choose("care")
    assert not dock.methods.uncertainty.isHidden()
    dock.methods.uncertainty.setChecked(True)
    run(dock, qtbot)
    names = [layer.name for layer in viewer.layers]
    assert names == ["cells", "cells · Tiny care · uncertainty", "cells · Tiny care"]
    method = {"kind": "model", "model": "care", "uncertainty": True}
    params = dock.settings().model_copy(update={"method": type(dock.settings().method)(**method)})
    expected = restore(image_from_layer(cells), params).array
    np.testing.assert_array_equal(dock.spread.layer().data, expected)
    low, high = dock.spread.layer().contrast_limits
    assert low == pytest.approx(float(expected.min()))
    assert high == pytest.approx(float(expected.max()))
    run(dock, qtbot)  # both are updated
    assert len(viewer.layers) == 3
    dock.keep()
    run(dock, qtbot)
    assert len(viewer.layers) == 5
    dock.methods.choose("gaussian")
    assert dock.methods.uncertainty.isHidden()
    run(dock, qtbot)
    assert len(viewer.layers) == 6


def test_flips_make_an_uncertainty_possible(dock, models):
    write_care(models / "plain", probabilistic=False)
    dock.methods.refresh()
    dock.methods.choose("plain")
    assert dock.methods.uncertainty.isHidden()
    dock.methods.form().set_values({"flips": "mirrored"})
    assert not dock.methods.uncertainty.isHidden()


def test_the_preview_shows_the_part_of_the_whole(dock, viewer, qtbot):
    cells = add_cells(viewer)
    dock.methods.choose("care")
    dock.preview_row.set_on(True)
    qtbot.waitUntil(lambda: dock.preview.overlay.is_shown() and dock.preview.is_settled)
    shown = dock.preview.overlay.layer.data
    whole = restore(image_from_layer(cells), dock.settings()).array
    inside = shown[: whole.shape[0], : whole.shape[1]]
    assert inside.shape == whole.shape
    assert np.abs(inside - whole).max() < 1e-2


def test_new_models_are_listed_when_the_dock_is_shown(dock, models, qtbot):
    dock.methods.choose("gaussian")
    write_care(models / "newer")
    write_model(models / "seg", task="segmentation", network="segmentation-unet", widths=(2, 4))
    dock.show()
    qtbot.waitExposed(dock)
    assert "Tiny newer" in list_entries(dock.methods)
    assert "Tiny seg" not in list_entries(dock.methods)
    assert dock.methods.spec().key == "gaussian"


def test_a_model_that_is_gone_is_chosen_no_more(dock, models, qtbot):
    dock.methods.choose("care")
    (models / "care" / "manifest.json").unlink()
    with qtbot.waitSignals([dock.methods.changed, dock.methods.method_changed]):
        dock.methods.refresh()
    assert dock.methods.spec().key == next(iter(METHODS))


def test_a_folder_is_chosen_by_a_person(dock, viewer, tmp_path, monkeypatch):
    add_cells(viewer)
    folder = write_care(tmp_path / "elsewhere" / "model")
    section = dock.methods
    section.choose("gaussian")
    last = section.combo.count() - 1

    def click(answer):
        monkeypatch.setattr(section, "ask_folder", lambda: str(answer))
        section.combo.setCurrentIndex(last)
        assert section.spec().key == "gaussian"
        section.combo.activated.emit(last)

    click("")
    assert section.combo.currentText() == "Gaussian smoothing"
    click(tmp_path)
    assert "is no model package" in section.warning.text()
    assert section.combo.currentText() == "Gaussian smoothing"
    click(tmp_path / "elsewhere")
    assert section.spec().key == str(folder)
    assert section.combo.currentText() == "Tiny model"
    assert dock.settings().method.model == str(folder)


def test_two_runs_of_one_key_are_told_apart(dock, models, tmp_path):
    for name in ("one", "two"):
        folder = write_care(models / name / "model")
    choices = [choice for choice in list_choices() if choice.is_learned]
    titles = ["Tiny care", "Tiny model (one)", "Tiny model (two)"]
    assert [choice.title for choice in choices] == titles
    assert choices[-1].key == str(folder)
    dock.methods.refresh()
    dock.methods.choose(str(folder))
    assert dock.methods.spec().title == "Tiny model (two)"
    with pytest.raises(UserError, match="is a model for segmentation, not for restoration"):
        dock.methods.choose(
            str(
                write_model(
                    tmp_path / "s", task="segmentation", network="segmentation-unet", widths=(2, 4)
                )
            )
        )
