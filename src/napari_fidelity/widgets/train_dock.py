"""The Train dock: from one's own images to a network, in a process that napari does not hold."""

from __future__ import annotations

import shutil
from pathlib import Path

from napari.components import ViewerModel
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QFileDialog, QPushButton, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.train_process import list_runs, stop_training
from napari_fidelity.widgets.dock_keys import train_help
from napari_fidelity.widgets.dock_parts import DOCK_WIDTH_PX, HINT, PROBLEM, set_look
from napari_fidelity.widgets.job_dock import JobDock
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.palette import Palette, follow_theme
from napari_fidelity.widgets.train_check import open_check
from napari_fidelity.widgets.train_copy import copy_command, save_settings
from napari_fidelity.widgets.train_foot import SetupButtons, WatchButtons
from napari_fidelity.widgets.train_layout import lay_out, train_style
from napari_fidelity.widgets.train_memory import WatchedRun, recall_run, remember_run
from napari_fidelity.widgets.train_setup import TrainSetup
from napari_fidelity.widgets.train_start import (
    Checked,
    Started,
    plan_check,
    plan_resume,
    plan_start,
)
from napari_fidelity.widgets.train_use import use_trained
from napari_fidelity.widgets.train_verbs import (
    GOING,
    NEW,
    NO_MODEL,
    PURPOSES,
    START,
    STOP,
    USE,
    has_model,
    verb_of,
    why_not,
)
from napari_fidelity.widgets.train_watch import TrainWatch

COMMAND_TIP, FILE_TIP = "A line for the terminal", "The file that repeats this training"
WATCH_TIP, SETUP_TIP = "How a training gets on", "What is to be learned, from which images"
LAYER_EVENTS = ("inserted", "removed", "renamed")


class TrainDock(JobDock):
    """A page to describe a training, and a page to watch one; buttons that stay in sight.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__(START)
        self._viewer: ViewerModel = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self._state_words = ""
        self.setup = TrainSetup(self._viewer)
        self.watch = TrainWatch(self._viewer)
        self.setup_tab, self.watch_tab = QPushButton("New training"), QPushButton("Watch")
        self.setup_tab.setToolTip(SETUP_TIP)
        self.setup_buttons = SetupButtons()
        self.watch_buttons = WatchButtons(lambda: list_runs(self.setup.parent_folder()))
        self.key_help = train_help(self, self._viewer)
        self.pages: dict[str, QWidget] = lay_out(self)
        self._connect()
        self._end_theme = follow_theme(self._viewer, self._on_theme)
        self.show_page("setup")
        self._come_back()

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def page(self) -> str:
        """Which page is shown: "setup" or "watch"."""
        return "watch" if self.watch_tab.isChecked() else "setup"

    def show_page(self, name: str) -> None:
        """Show the page to describe a training, or the one to watch one."""
        (self.watch_tab if name == "watch" else self.setup_tab).setChecked(True)
        for key, page in self.pages.items():
            page.setVisible(key == name)
        self.setup_buttons.setVisible(name == "setup")
        self.watch_buttons.setVisible(name == "watch")
        self.words.say("")
        if name == "setup":
            self.setup.refresh()
        self._update_state()

    def take_active_layer(self) -> None:
        """Choose the active layer where it fits."""
        self.setup.take_active_layer()

    def problem(self) -> str:
        """Why the large button cannot work now; empty when it can."""
        if self.page() == "setup":
            return self.setup.problem()
        return why_not(self.watch.phase(), self.watch.folder)

    def _verb(self) -> str:
        """What the large button does."""
        if self.page() == "setup":
            return START
        return verb_of(self.watch.phase(), self.watch.folder)

    def _update_state(self) -> None:
        problem, running = self.problem(), self._job is not None
        self._update_run_button(self._verb(), purpose=PURPOSES[self._verb()], stop="End this")
        is_quiet = running or self._verb() == STOP
        set_look(self.run_button, "running", "true" if is_quiet else "false")
        words = "" if running or self.page() == "watch" else problem
        if words or self.words.text() == self._state_words:
            self.words.say(words, HINT)
        self._state_words = words
        self.setup_buttons.check.setEnabled(not running and not self.setup.problem())
        self.watch_tab.setEnabled(self.watch.folder is not None)
        self.watch_tab.setToolTip(WATCH_TIP if self.watch.folder else "No training is watched yet")
        can_use = has_model(self.watch.folder)
        self.watch_buttons.use.setVisible(self._verb() != USE)
        self.watch_buttons.use.setEnabled(can_use)
        self.watch_buttons.use.setToolTip(PURPOSES[USE] if can_use else NO_MODEL)

    def _on_theme(self, palette: Palette) -> None:
        self.setStyleSheet(train_style(palette))
        self.setup.color_icons(palette.text)
        self.watch.follow_palette(palette)

    def _connect(self) -> None:
        self.setup_tab.clicked.connect(lambda: self.show_page("setup"))
        self.watch_tab.clicked.connect(lambda: self.show_page("watch"))
        self.setup.changed.connect(self._update_state)
        self.watch.changed.connect(self._on_run_changed)
        self.setup_buttons.check.clicked.connect(self.check)
        self.watch_buttons.use.clicked.connect(self.use_model)
        self.watch_buttons.wanted.connect(self.watch_another)
        self.setup_buttons.add_forms(
            [
                ("Copy as command", COMMAND_TIP, lambda: copy_command(self.setup, self.words.say)),
                (
                    "Save settings…",
                    FILE_TIP,
                    lambda: save_settings(self.setup, self.words.say, self),
                ),
            ]
        )
        for name in LAYER_EVENTS:
            getattr(self._viewer.layers.events, name).connect(self._on_layers_changed)

    def _on_layers_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self) and self.page() == "setup":
            self.setup.data.refresh()
            self._update_state()

    # ── starting, stopping, going on ─────────────────────────────────────────────────────

    def start(self) -> Job:
        """Start or resume, as the large button says; `job.finished` follows when it runs.

        Raises
        ------
        UserError
            Something is missing or does not fit, or a job runs.
        """
        if self._job is not None:
            raise UserError("Something runs already: cancel it or wait for it.")
        if problem := self.problem():
            raise UserError(problem)
        folder = self.watch.folder
        if self.page() == "watch" and folder is not None:
            compute, text = plan_resume(folder), f"Resume {folder.name}"
        else:
            compute, text = plan_start(self.setup), f"Start {self.setup.title()}"
        job = start_job(
            compute,
            text=text,
            owner=self,
            on_result=self._on_started,
            on_error=lambda sentence: self._on_end(sentence, PROBLEM),
            on_cancelled=lambda: self._on_end("Cancelled: nothing was started.", HINT),
            on_progress=self._show_progress,
            queued=False,
        )
        return self._follow(job)

    def run(self) -> None:
        """Do what the large button says; why it cannot is said in the dock."""
        verb = self._verb()
        if verb == STOP:
            self.stop()
        elif verb == NEW:
            self.show_page("setup")
        elif verb == USE:
            self.use_model()
        else:
            super().run()

    def stop(self) -> None:
        """Cancel what the dock does, or let the run end its step, save and stop."""
        if self._job is not None:
            self.cancel()
            return
        folder = self.watch.folder
        if folder is None or self.watch.phase() != "running":
            return
        try:
            stop_training(folder)
        except UserError as error:
            self.words.say(str(error), PROBLEM)
        self.watch.follow.look_now()

    def check(self) -> None:
        """Look at images and settings first; what is found comes in a window."""
        if self._job is not None:
            return
        try:
            compute = plan_check(self.setup)
        except UserError as error:
            self.words.say(str(error), PROBLEM)
            return
        job = start_job(
            compute,
            text="Check a training",
            owner=self,
            on_result=self._on_checked,
            on_error=lambda sentence: self._on_end(sentence, PROBLEM),
            on_cancelled=lambda: self._on_end("Cancelled.", HINT),
            on_progress=self._show_progress,
            queued=False,
        )
        self._follow(job)

    def _on_checked(self, checked: Checked) -> None:
        open_check(checked.words, checked.picture, self)
        shutil.rmtree(checked.place, ignore_errors=True)
        self._on_end("Checked: nothing speaks against it. The window says what was found.", HINT)

    def _on_started(self, started: Started) -> None:
        self._on_end("", HINT)
        self.watch_run(started.folder, pid=started.pid)

    # ── watching ─────────────────────────────────────────────────────────────────────────

    def watch_run(self, folder: Path, *, pid: int = 0, with_previews: bool = True) -> None:
        """Watch the run in `folder` and come back to it when the dock is opened again."""
        remember_run(WatchedRun(folder))
        self.watch.watch(folder, pid=pid, with_previews=with_previews)
        self.show_page("watch")

    def watch_another(self, folder: Path | None) -> None:
        """Watch another run; None: ask for its folder."""
        if folder is None:
            start = str(self.setup.parent_folder())
            chosen = QFileDialog.getExistingDirectory(self, "Folder of a training", start)
            if not chosen:
                return
            folder = Path(chosen)
        self.watch_run(folder)

    def use_model(self) -> None:
        """Open the dock in which the model works, with it chosen."""
        if self.watch.folder is None:
            return
        try:
            self.words.say(use_trained(self._viewer, self.watch.folder), HINT)
            self.watch.preview_box.setChecked(False)  # now one's own images are looked at
        except UserError as error:
            self.words.say(str(error), PROBLEM)

    def _come_back(self) -> None:
        """Watch again what was watched when the dock was closed."""
        run = recall_run()
        if run is None or not run.folder.is_dir():
            return
        self.watch.watch(run.folder, with_previews=False)
        if not run.is_over:
            self.show_page("watch")
        self._update_state()

    def _on_run_changed(self) -> None:
        folder = self.watch.folder
        if folder is not None and self.watch.phase() not in GOING and self.page() == "watch":
            remember_run(WatchedRun(folder, is_over=True))
        self._update_state()

    def _on_removed(self) -> None:
        self.watch.close_watch()
        super()._on_removed()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as a dock may be."""
        return QSize(DOCK_WIDTH_PX - 4, 640)
