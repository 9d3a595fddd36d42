"""Preferences ▸ Fidelity: what napari keeps of the user's machine, as settings for operations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any
from weakref import WeakMethod

from napari.settings import get_plugin_settings
from qtpy.QtCore import QTimer

from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.models import use_model_folders
from napari_fidelity.widgets.jobs import is_alive

PLUGIN = "napari-fidelity"  # as in the manifest
SETTLE_MS = 400  # a path is typed letter by letter, and napari tells each of them

_used: list[Path] = []  # models of trainings that lie elsewhere


def compute_settings() -> ComputeSettings:
    """Device, precision, threads and memory as the user wants them; the defaults without napari's.

    Raises
    ------
    UserError
        A value that no computation takes.
    """
    stored = _stored()
    if stored is None:
        return ComputeSettings()
    computer = stored.computer
    return ComputeSettings.parse(
        {
            "device": computer.device,
            "precision": computer.precision,
            "threads": computer.threads,
            "memory_limit_gb": computer.memory_limit_gb or None,  # 0 stands for "automatic"
        }
    )


def model_folder() -> Path | None:
    """The folder with more models, there or not; None when none is stated."""
    stored = _stored()
    name = stored.computer.model_folder.strip() if stored is not None else ""
    return Path(name).expanduser() if name else None


def runs_folder() -> Path:
    """The folder in which trainings get theirs; it may not be there yet."""
    stored = _stored()
    name = stored.training.runs_folder.strip() if stored is not None else ""
    if name:
        return Path(name).expanduser()
    documents = Path.home() / "Documents"
    return (documents if documents.is_dir() else Path.home()) / "fidelity-runs"


def apply_model_folder() -> None:
    """Let models be looked for in the folder of the preferences too, and among one's own runs."""
    folder = model_folder()
    use_model_folders([*([] if folder is None else [folder]), *_used, *trained_models()])


def use_model_of(run: Path) -> None:
    """List the model of a training, wherever its folder lies, from now on in this session."""
    if (model := run / "model") not in _used:
        _used.append(model)


def trained_models() -> list[Path]:
    """The finished models in the folder of trainings."""
    return sorted(path.parent for path in runs_folder().glob("*/model/manifest.json"))


def on_preferences_changed(callback: Callable[[], None]) -> Callable[[], None]:
    """Call `callback` on the main thread shortly after the preferences changed.

    Several changes in a row count as one. A method is held weakly: it keeps no widget alive.

    Returns
    -------
    callable
        Ends that.
    """
    stored = _stored()
    if stored is None:
        return lambda: None
    find = WeakMethod(callback) if isinstance(callback, MethodType) else lambda: callback
    timer = QTimer()
    timer.setSingleShot(True)
    timer.setInterval(SETTLE_MS)

    def call() -> None:
        found = find()
        if found is None:
            end()
        else:
            found()

    def wait(event: object = None) -> None:  # noqa: ARG001  # napari's
        timer.start()

    def end() -> None:
        if is_alive(timer):  # Qt may have gone first, at the end of the program
            timer.stop()
        stored.events.changed.disconnect(wait)

    timer.timeout.connect(call)
    stored.events.changed.connect(wait)
    return end


def _stored() -> Any | None:  # Any: napari makes the class from the manifest
    """What napari holds of this plugin; None where it does not know the plugin."""
    try:
        return get_plugin_settings(PLUGIN)
    except KeyError:
        return None
