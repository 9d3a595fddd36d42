"""Preferences ▸ Fidelity: what is chosen there reaches the operations and survives a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import napari.settings
import pytest
from napari._qt.dialogs.preferences_dialog import PreferencesDialog
from napari.settings import NapariSettings, get_plugin_settings
from npe2 import PluginManifest
from pydantic import ValidationError
from qtpy.QtWidgets import QGroupBox

import napari_fidelity
from napari_fidelity import models
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.widgets import preferences
from napari_fidelity.widgets.preferences import (
    PLUGIN,
    apply_model_folder,
    compute_settings,
    model_folder,
    on_preferences_changed,
)

MANIFEST = Path(napari_fidelity.__file__).with_name("napari.yaml")


@pytest.fixture
def stored(plugin_settings, npe2pm):
    """What napari holds of this computer, in a folder of the test."""
    npe2pm.register(PluginManifest.from_file(MANIFEST))
    return get_plugin_settings(PLUGIN).computer


@pytest.fixture
def dialog(stored, make_napari_viewer, monkeypatch):
    """The real dialog of a real window; nothing of it reaches a file."""
    monkeypatch.setattr(napari.settings, "_SETTINGS", NapariSettings(config_path=None))
    return PreferencesDialog(make_napari_viewer().window._qt_window)


def restart():
    napari.settings._clear_plugin_settings_cache()
    return get_plugin_settings(PLUGIN).computer


def test_untouched_preferences_are_the_defaults_of_the_operations(stored):
    assert compute_settings() == ComputeSettings()
    assert model_folder() is None


def test_without_napari_knowing_the_plugin_the_defaults_hold(plugin_settings):
    assert compute_settings() == ComputeSettings()
    assert model_folder() is None
    on_preferences_changed(lambda: None)()


def test_every_choice_is_one_that_operations_take(stored):
    fields = type(stored).model_json_schema()["properties"]
    for name in ("device", "precision"):
        for choice in fields[name]["enum"]:
            setattr(stored, name, choice)
            assert getattr(compute_settings(), name) == choice
    assert fields["threads"]["maximum"] == 1024
    stored.threads = 1024
    assert compute_settings().threads == 1024


def test_choices_survive_a_restart(stored, tmp_path):
    stored.device, stored.precision, stored.threads = "cpu", "float32", 3
    stored.memory_limit_gb, stored.model_folder = 2.5, f" {tmp_path} "
    again = restart()
    assert again is not stored
    assert compute_settings() == ComputeSettings(
        device="cpu", precision="float32", threads=3, memory_limit_gb=2.5
    )
    assert model_folder() == tmp_path


def test_values_that_mean_nothing_are_refused_and_the_old_one_stays(stored):
    stored.threads = 2
    for name, value in (("threads", -1), ("device", "abacus"), ("memory_limit_gb", -0.5)):
        with pytest.raises(ValidationError):
            setattr(stored, name, value)
    assert compute_settings() == ComputeSettings(threads=2)


def test_the_dialog_shows_every_preference_with_a_title_and_a_tooltip(dialog, stored):
    names = [dialog._list.item(row).text() for row in range(dialog._list.count())]
    page = dialog._stack.widget(names.index("Fidelity")).widget()
    properties = PluginManifest.from_file(MANIFEST).contributions.configurations["computer"]
    shown = page.findChild(QGroupBox).widgets
    assert set(shown) == set(properties.properties) == set(type(stored).model_fields)
    for name, stated in properties.properties.items():
        assert stated.title
        assert shown[name].toolTip() == stated.description.strip()
    shown["memory_limit_gb"].setValue(512.5)
    shown["threads"].setValue(7)
    assert compute_settings() == ComputeSettings(memory_limit_gb=512.5, threads=7)
    shown["precision"].setCurrentText("bfloat16")
    shown["model_folder"].setText("/models")
    assert (compute_settings().precision, model_folder()) == ("bfloat16", Path("/models"))
    dialog.reject()
    assert compute_settings() == ComputeSettings()


def test_typing_a_path_calls_back_once(qtbot, stored, monkeypatch):
    monkeypatch.setattr(preferences, "SETTLE_MS", 30)
    heard = []
    end = on_preferences_changed(lambda: heard.append(model_folder()))
    for length in range(1, 6):
        stored.model_folder = "/mode"[:length]
    qtbot.waitUntil(lambda: bool(heard), timeout=3000)
    qtbot.wait(90)
    assert heard == [Path("/mode")]
    stored.threads = 5
    end()
    stored.threads = 6
    qtbot.wait(90)
    assert heard == [Path("/mode")]


@pytest.fixture
def elsewhere():
    yield
    models.use_model_folders([])


def test_models_of_the_folder_are_found_by_their_key(stored, tmp_path, elsewhere):
    copy = shutil.copytree(models.find_model("random-fill"), tmp_path / "mine")
    manifest = copy / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"random-fill"', '"mine"', 1))
    stored.model_folder = str(tmp_path)
    apply_model_folder()
    assert models.find_model("mine") == copy
    assert models.model_problems() == []
    stored.model_folder = str(tmp_path / "gone")
    apply_model_folder()
    assert "mine" not in [manifest.key for manifest in models.list_models()]
    assert models.model_problems() == [f"The folder of models {tmp_path / 'gone'} is not there."]
    stored.model_folder = ""
    apply_model_folder()
    assert models.model_problems() == []
