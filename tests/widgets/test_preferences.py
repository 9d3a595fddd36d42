"""Preferences ▸ Fidelity: what is chosen there reaches the operations and survives a restart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import napari.settings
import numpy as np
import pytest
from napari._qt.dialogs.preferences_dialog import PreferencesDialog
from napari.settings import NapariSettings, get_plugin_settings
from npe2 import PluginManifest
from pydantic import ValidationError
from qtpy.QtWidgets import QGroupBox

import napari_fidelity
from napari_fidelity import models
from napari_fidelity.inference.device import list_devices
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.widgets import preferences
from napari_fidelity.widgets.preferences import (
    PLUGIN,
    apply_model_folder,
    compute_settings,
    model_folder,
    on_preferences_changed,
)
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

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
def mine(tmp_path):
    """A model of the user's, called "mine"."""
    copy = shutil.copytree(models.find_model("random-fill"), tmp_path / "mine")
    manifest = copy / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**content, "key": "mine", "title": "Mine"}), encoding="utf-8")
    yield copy
    models.use_model_folders([])


def test_models_of_the_folder_are_found_by_their_key(stored, tmp_path, mine):
    stored.model_folder = str(tmp_path)
    apply_model_folder()
    assert models.find_model("mine") == mine
    assert models.model_problems() == []
    stored.model_folder = str(tmp_path / "gone")
    apply_model_folder()
    assert "mine" not in [manifest.key for manifest in models.list_models()]
    assert models.model_problems() == [f"The folder of models {tmp_path / 'gone'} is not there."]
    stored.model_folder = ""
    apply_model_folder()
    assert models.model_problems() == []


@pytest.fixture
def dock(qtbot, stored, viewer, monkeypatch):
    """The Synthesize dock as users have it, with a small mask."""
    monkeypatch.setattr(preferences, "SETTLE_MS", 20)
    labels = np.zeros((48, 56), np.uint8)
    labels[12:30, 16:40] = 1
    viewer.add_labels(labels, name="cells")
    dock = SynthesizeDock(viewer)
    qtbot.addWidget(dock)
    return dock


def finish(qtbot, dock):
    with qtbot.waitSignal(dock.start().finished, timeout=30000):
        pass


def test_the_dock_lists_and_runs_the_models_of_the_folder(qtbot, dock, stored, tmp_path, mine):
    section = dock.model_section
    chosen = section.key()
    stored.model_folder = str(tmp_path)
    qtbot.waitUntil(lambda: section.combo.findText("Mine") >= 0, timeout=5000)
    assert section.key() == chosen
    section.choose("mine")
    finish(qtbot, dock)
    provenance = dock.result.layer().metadata["napari-fidelity"]["provenance"]
    assert provenance["params"]["model"] == "mine"
    stored.model_folder = str(tmp_path / "gone")
    qtbot.waitUntil(lambda: section.combo.findText("Mine") < 0, timeout=5000)
    assert section.missing.text() == f"The folder of models {tmp_path / 'gone'} is not there."
    assert section.key() in {manifest.key for manifest in models.list_models()}
    stored.model_folder = ""
    qtbot.waitUntil(section.missing.isHidden, timeout=5000)


def test_the_dock_computes_as_the_preferences_say(qtbot, dock, stored, viewer):
    absent = next(name for name in ("xpu", "mps", "cuda") if not has_device(name))
    stored.device = absent
    layers = list(viewer.layers)
    finish(qtbot, dock)
    assert f"There is no device '{absent}'" in dock.words.text()
    assert list(viewer.layers) == layers
    stored.device, stored.precision, stored.threads = "cpu", "float32", 1
    finish(qtbot, dock)
    facts = dock.result.layer().metadata["napari-fidelity"]["provenance"]["compute"]
    assert (facts["device"], facts["precision"]) == ("cpu", "float32")


def has_device(kind):
    return any(name.startswith(kind) for name in list_devices())


def test_a_method_is_held_weakly(qtbot, stored, monkeypatch):
    monkeypatch.setattr(preferences, "SETTLE_MS", 20)
    heard = []

    class Listener:
        def hear(self):
            heard.append("method")

    listener = Listener()
    on_preferences_changed(listener.hear)
    end = on_preferences_changed(lambda: heard.append("function"))
    stored.threads = 2
    qtbot.waitUntil(lambda: len(heard) == 2, timeout=3000)
    del listener
    stored.threads = 3
    qtbot.waitUntil(lambda: len(heard) == 3, timeout=3000)
    end()
    assert heard[2] == "function"
