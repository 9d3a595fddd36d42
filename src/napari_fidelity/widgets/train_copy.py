"""The settings of a training for others: as a command for the terminal, as a file."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from qtpy.QtWidgets import QApplication, QFileDialog, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM
from napari_fidelity.widgets.train_setup import TrainSetup

FILE = "settings.yaml"
SAVE_FIRST = f"Save the settings as {FILE} first (same menu)."
OF_LAYERS = "A command reads files: save the layers, and choose their folder."

Say = Callable[[str, str], None]  # a sentence and its role


def copy_command(setup: TrainSetup, say: Say) -> str:
    """Put the command that trains so on the clipboard, and return it; empty when none can."""
    try:
        setup.config()
    except UserError as error:
        say(str(error), PROBLEM)
        return ""
    words = ["napari-fidelity", "train", FILE, "--out", str(setup.run_folder())]
    text = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    if (clipboard := QApplication.clipboard()) is not None:
        clipboard.setText(text + "\n")
    advice = f"{SAVE_FIRST} {OF_LAYERS}" if setup.data.uses_layers() else SAVE_FIRST
    say(f"Copied as command. {advice}", HINT)
    return text


def save_settings(setup: TrainSetup, say: Say, parent: QWidget) -> None:
    """Ask where, and write the settings as a file."""
    chosen, _ = QFileDialog.getSaveFileName(parent, "Save settings", FILE, "YAML (*.yaml)")
    if not chosen:
        return
    try:
        Path(chosen).write_text(setup.config().to_yaml(), encoding="utf-8")
    except (UserError, OSError) as error:
        say(str(error), PROBLEM)
    else:
        say(f"Saved {chosen}.", HINT)
