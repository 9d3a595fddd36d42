"""A folder of images for a training: chosen, and what lies in it said in words."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.data.training_files import TrainingFiles, find_training_files
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words
from napari_fidelity.widgets.jobs import start_job

SETTLE_MS = 400  # a path is typed letter by letter
FORMS: dict[Task, str] = {
    "synthesis": "Needs masks/ and images/, with files of equal names.",
    "segmentation": "Needs images/ and masks/, with files of equal names.",
    "restoration": "Needs inputs/ and targets/, with files of equal names.",
}
ONE_SIDE = "Needs targets/ with the clean images."


class FolderChoice(QWidget):
    """A line for the path, *Browse…*, and what was found there; it is looked at on a thread."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings: DataSettings | None = None
        self._task: Task = "restoration"
        self._paired, self._number = True, 0
        self._problem = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText("A folder with two sub-folders")
        self.line.setAccessibleName("Folder of images")
        self.line.setToolTip("The folder that holds the two sub-folders with the images")
        self.browse_button = QPushButton("Browse…")
        self.browse_button.setToolTip("Choose the folder")
        self.words = Words("", HINT)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.look)
        self.line.textChanged.connect(lambda _: self._on_typed())
        self.browse_button.clicked.connect(self.browse)

    def folder(self) -> str:
        """The path as it stands; empty without one."""
        text = self.line.text().strip().strip('"')
        return str(Path(text).expanduser()) if text else ""

    def set_folder(self, folder: str | Path) -> None:
        """Take a folder."""
        self.line.setText(str(folder))

    def expect(self, settings: DataSettings, task: Task, *, paired: bool) -> None:
        """Look for images of this task from now on."""
        now = (settings.degradation, task, paired)
        before = self._settings and (self._settings.degradation, self._task, self._paired)
        self._settings, self._task, self._paired = settings, task, paired
        if now != before:
            self.look()

    def problem(self) -> str:
        """Why the folder cannot be used; empty when it can, or while it is looked at."""
        return "Choose the folder with the images." if not self.folder() else self._problem

    def browse(self) -> None:
        """Ask for the folder."""
        chosen = QFileDialog.getExistingDirectory(self, "Folder with the images", self.folder())
        if chosen:
            self.set_folder(chosen)

    def look(self) -> None:
        """Look what is in the folder; the answer comes later."""
        self._number += 1
        folder, settings = self.folder(), self._settings
        if not folder or settings is None:
            one_side = settings is not None and settings.degradation is not None
            self._answer(self._number, "", ONE_SIDE if one_side else FORMS[self._task])
            return
        asked = settings.model_copy(update={"folder": folder, "task": self._task})
        number, task, paired = self._number, self._task, self._paired

        def find(progress: Progress) -> str:
            progress.check()
            return describe_files(find_training_files(asked, tasks=(task,), paired=paired))

        start_job(
            find,
            text="Look into a folder",
            owner=self,
            on_result=lambda words: self._answer(number, "", words),
            on_error=lambda sentence: self._answer(number, sentence, ""),
            queued=False,
            shown=False,
        )

    def _on_typed(self) -> None:
        self._problem = ""
        self._settle.start()
        self.changed.emit()

    def _answer(self, number: int, problem: str, words: str) -> None:
        if number == self._number:
            self._problem = problem
            self.words.say(problem or words, PROBLEM if problem else HINT)
            self.changed.emit()


def describe_files(found: TrainingFiles) -> str:
    """What was found, in words."""
    both = sum(file.input is not None and file.target is not None for file in found.files)
    sources = sum(file.input is not None for file in found.files)
    targets = sum(file.target is not None for file in found.files)
    groups = len({file.group for file in found.files})
    if not found.files:
        raise UserError("The folder holds no images.")
    if both == len(found.files):
        words = f"Found {both} pair{'s' * (both != 1)}"
    elif sources == 0:
        words = f"Found {targets} image{'s' * (targets != 1)}; their inputs are made"
    else:
        words = f"Found {sources} inputs and {targets} targets, {both} of equal name"
    if groups != len(found.files):
        words += f", in {groups} group{'s' * (groups != 1)}"
    return f"{words}."
