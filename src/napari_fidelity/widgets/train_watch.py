"""The page on which a run is watched: its state in words, curves, scores, previews."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from napari.components import ViewerModel
from qtpy.QtCore import QSize, QTimer, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, HINT, PROBLEM, Words, set_look
from napari_fidelity.widgets.failure_window import FailureWindow, open_failure
from napari_fidelity.widgets.job_words import JobWords
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.name_label import NameLabel
from napari_fidelity.widgets.palette import Palette
from napari_fidelity.widgets.train_curves import TrainCurves
from napari_fidelity.widgets.train_follow import TrainFollow
from napari_fidelity.widgets.train_previews import TrainPreviews
from napari_fidelity.widgets.train_reader import Snapshot
from napari_fidelity.widgets.train_table import TrainTable
from napari_fidelity.widgets.train_words import RunPhase, describe_run, phase_of

PREVIEW_TIP = (
    "Validation images as layers, side by side: what goes in, what the network makes of it now, "
    "what it should be. They follow the training"
)
OWN_FILES = "The run has files of its own: layers may be changed or closed meanwhile."
APART_MS = 60  # between drawing the curves and the previews
PROBLEMS: tuple[RunPhase, ...] = ("missing", "failed", "gone")


class TrainWatch(QWidget):
    """A run as it goes on.

    Parameters
    ----------
    viewer : ViewerModel
        Where previews are shown.

    Attributes
    ----------
    changed : Signal
        Emitted when the run is at something else than before.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.snapshot: Snapshot | None = None
        self._phase: RunPhase = "missing"
        self.follow = TrainFollow(self)
        self.previews = TrainPreviews(viewer, self)
        self.name, self.path = Words("", CAPTION), NameLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.words = JobWords()
        self.note = Words("", HINT)
        self.curves = TrainCurves()
        self.table = TrainTable()
        self.preview_box = QCheckBox("Previews in the viewer")
        self.preview_box.setToolTip(PREVIEW_TIP)
        self.order = Words("From left to right: input, result, target.", HINT)
        self.folder_button = QPushButton("Open folder")
        self.folder_button.setToolTip("Settings, log, checkpoints and previews as files")
        self._lay_out()
        self.words.details_wanted.connect(self.show_last_words)
        self.folder_button.clicked.connect(self.open_folder)
        self.follow.seen.connect(self._on_seen)
        self.preview_box.toggled.connect(self._on_previews)
        self.previews.dismissed.connect(lambda: self.preview_box.setChecked(False))

    @property
    def folder(self) -> Path | None:
        """The run that is watched."""
        return self.follow.folder

    def phase(self) -> RunPhase:
        """What the run is at."""
        return self._phase

    def watch(self, folder: Path, *, pid: int = 0, with_previews: bool = True) -> None:
        """Watch the run in `folder` from now on."""
        if folder != self.folder:
            self._forget()
        self.follow.watch(folder, pid)
        self.path.say(str(folder))
        set_look(self.path, "role", HINT)
        self.name.say(folder.name, CAPTION)
        self.words.say("Reading the run…", HINT)
        self.preview_box.setChecked(with_previews)
        self.follow.wants_pictures = with_previews

    def leave(self) -> None:
        """Watch nothing; the run goes on."""
        self.follow.leave()
        self._forget()

    def close_watch(self) -> None:
        """The dock goes; the run goes on."""
        self.follow.leave()
        self.previews.close()

    def show_last_words(self) -> FailureWindow | None:
        """Open the last lines of a run that failed; None where there are none."""
        words, details = self.words.text(), self.words.details
        return open_failure(words, details, self) if details else None

    def open_folder(self) -> None:
        """Show the run's files in the system's file manager."""
        if self.folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.folder)))

    def follow_palette(self, palette: Palette) -> None:
        """Draw in the colours of the theme."""
        self.curves.follow_palette(palette)
        self.table.follow_palette(palette)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.name, self.path, self.bar, self.words, self.note):
            layout.addWidget(widget)
        layout.addSpacing(6)
        layout.addWidget(self.curves)
        layout.addSpacing(6)
        layout.addWidget(self.table)
        layout.addSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self.preview_box, 1)
        row.addWidget(self.folder_button)
        layout.addLayout(row)
        layout.addWidget(self.order)
        layout.addStretch(1)
        self.order.hide()
        self.bar.setFixedHeight(QSize(4, 4).height())

    def _forget(self) -> None:
        self.snapshot = None
        self._phase = "missing"
        self._take_previews_away()
        self.curves.forget()
        self.table.hide()
        self.note.say("")
        self.bar.setRange(0, 1)
        self.bar.setValue(0)

    def _on_seen(self, snapshot: Snapshot) -> None:
        before = (self._phase, _package(self.snapshot))
        self.snapshot = snapshot
        self._phase = phase_of(snapshot)
        role = PROBLEM if self._phase in PROBLEMS or snapshot.problem else HINT
        words = describe_run(snapshot)
        if (words, snapshot.details) != (self.words.text(), self.words.details):
            self.words.say(words, role, snapshot.details)
        self._show_place(snapshot)
        if snapshot.status is not None:
            self.curves.show_run(snapshot)
            self.table.show_run(snapshot)
        if snapshot.pictures is not None:
            # curves are drawn first: both at once would keep people waiting
            QTimer.singleShot(APART_MS, partial(self._show_pictures, snapshot))
        if (self._phase, _package(snapshot)) != before:
            self.changed.emit()

    def _show_pictures(self, snapshot: Snapshot) -> None:
        is_wanted = is_alive(self) and snapshot.folder == self.folder
        if is_wanted and snapshot.pictures is not None and self.preview_box.isChecked():
            self.previews.show(snapshot.pictures, self._title())
            self.order.setVisible(bool(self.previews.layers))

    def _show_place(self, snapshot: Snapshot) -> None:
        self.name.say(self._title(), CAPTION)
        status = snapshot.status
        if self._phase == "starting":
            self.bar.setRange(0, 0)
        elif status is not None:
            self.bar.setRange(0, max(status.total_steps, 1))
            self.bar.setValue(min(status.step, max(status.total_steps, 1)))
        is_going = self._phase in ("starting", "running", "stopping")
        self.note.say(OWN_FILES if self._phase == "starting" else "", HINT)
        self.bar.setVisible(is_going)

    def _title(self) -> str:
        if self.snapshot is not None and self.snapshot.config is not None:
            return self.snapshot.config.model.title
        return "" if self.folder is None else self.folder.name

    def _on_previews(self, is_on: bool) -> None:
        self.follow.wants_pictures = is_on
        if is_on:
            self.follow.look_now(pictures_again=True)
        else:
            self._take_previews_away()

    def _take_previews_away(self) -> None:
        self.previews.take_away()
        self.order.hide()


def _package(snapshot: Snapshot | None) -> str:
    return "" if snapshot is None or snapshot.status is None else snapshot.status.package
