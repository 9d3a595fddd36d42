"""A trained model goes to the dock in which it works."""

from __future__ import annotations

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.models import read_manifest
from napari_fidelity.widgets import preferences
from napari_fidelity.widgets.train_use import use_trained
from tests.models.packages import write_care


@pytest.fixture(autouse=True)
def no_other_models(monkeypatch, tmp_path):
    monkeypatch.setattr(preferences, "_used", [])
    monkeypatch.setattr(preferences, "runs_folder", lambda: tmp_path / "runs")


def test_a_model_for_restoration_is_chosen_in_the_restore_dock(make_napari_viewer, tmp_path, qtbot):
    viewer = make_napari_viewer()
    write_care(tmp_path / "run" / "model")
    words = use_trained(viewer, tmp_path / "run")
    dock = next(iter(viewer.window.dock_widgets.values()))
    title = read_manifest(tmp_path / "run" / "model").title
    assert words == f"“{title}” is chosen in the Restore dock."
    assert dock.methods.combo.currentText().startswith(title)


def test_a_run_without_a_model_says_how_to_get_one(viewer, tmp_path):
    with pytest.raises(UserError, match="Press Stop"):
        use_trained(viewer, tmp_path)


def test_models_in_the_folder_of_trainings_are_found(tmp_path):
    write_care(tmp_path / "runs" / "cells" / "model")
    assert preferences.trained_models() == [tmp_path / "runs" / "cells" / "model"]
