"""The package as a whole: what importing it loads, what it promises, what it declares."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

import napari_fidelity

HEAVY = ("torch", "napari", "qtpy", "PyQt6", "magicgui", "matplotlib", "skimage", "pandas")


def modules_loaded_by(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return {name.partition(".")[0] for name in result.stdout.split()}


def test_import_loads_nothing_heavy():
    loaded = modules_loaded_by("import napari_fidelity")
    assert not loaded & set(HEAVY)
    assert "numpy" not in loaded


def test_help_loads_neither_torch_nor_a_screen():
    loaded = modules_loaded_by(
        "import contextlib, io\n"
        "from napari_fidelity.app.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])"
    )
    assert not loaded & {"torch", "napari", "qtpy", "PyQt6", "magicgui", "matplotlib"}


@pytest.mark.parametrize("name", napari_fidelity.__all__)
def test_public_names_exist_and_are_documented(name):
    value = getattr(napari_fidelity, name)
    assert name.startswith("__") or value.__doc__


def test_settings_of_a_training_load_no_torch():
    loaded = modules_loaded_by(
        "import napari_fidelity\n"
        "napari_fidelity.TrainConfig.parse({'method': 'care', 'data': {'folder': 'cells'}})"
    )
    assert not loaded & {"torch", "napari", "qtpy", "PyQt6", "matplotlib"}


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        napari_fidelity.no_such_name  # noqa: B018


def test_version_is_the_installed_one():
    assert napari_fidelity.__version__ == version("napari-fidelity")


def test_entry_points():
    (command,) = entry_points(group="console_scripts", name="napari-fidelity")
    assert command.value == "napari_fidelity.app.main:main"
    (manifest,) = entry_points(group="napari.manifest", name="napari-fidelity")
    assert manifest.value == "napari_fidelity:napari.yaml"
