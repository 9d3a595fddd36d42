"""What every dock with a computation shares: one button that starts and cancels, and its words."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QProgressBar, QPushButton, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.activity_bar import prepare_activity_dock
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM
from napari_fidelity.widgets.failure_window import FailureWindow, open_failure
from napari_fidelity.widgets.job_words import JobWords
from napari_fidelity.widgets.jobs import Job
from napari_fidelity.widgets.remaining_time import spell_remaining

TICK_MS = 500  # the remaining time counts down between two steps


class JobDock(QWidget):
    """A widget with at most one job; a dock gives it `problem`, `start` and `_update_state`.

    While the job runs or waits the button reads *Cancel*; closing the dock ends it. A failure
    that is a bug gets a *Details…* link behind its sentence.

    Parameters
    ----------
    verb : str
        What the button says.
    """

    def __init__(self, verb: str) -> None:
        super().__init__()
        self._job: Job | None = None
        self._line = ""
        self.run_button = QPushButton(verb)
        self.run_button.setObjectName("fidelityRun")
        self.run_button.clicked.connect(self._on_run_pressed)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.words = JobWords()
        self.words.details_wanted.connect(self.show_details)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._say_progress)
        QTimer.singleShot(0, prepare_activity_dock)

    def problem(self) -> str:
        """Why the button cannot work now, for a person; empty when it can."""
        return ""

    def start(self) -> Job:
        """Start the computation; `job.finished` tells when it ended.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        raise UserError(self.problem() or "There is nothing to start.")

    def show_details(self) -> FailureWindow | None:
        """Open what a developer wants to know about the failure that is shown; None without."""
        if not self.words.details:
            return None
        return open_failure(self.words.text(), self.words.details, self)

    def _update_state(self) -> None:
        """Show what can be done now."""

    def _update_run_button(self, verb: str, *, purpose: str = "", stop: str = "Stop") -> None:
        """Let the button say `verb`, or *Cancel* while a job runs; disabled with its reason."""
        problem, running = self.problem(), self._job is not None
        cancelling = self._job is not None and self._job.is_cancelling
        self.run_button.setText("Cancelling…" if cancelling else "Cancel" if running else verb)
        self.run_button.setEnabled(not cancelling and (running or not problem))
        self.run_button.setToolTip(stop if running else problem or purpose)
        self.bar.setVisible(running)

    def run(self) -> None:
        """Start, unless something runs; why it cannot is said in the dock."""
        if self._job is not None:
            return
        try:
            self.start()
        except UserError as error:
            self.words.say(str(error), PROBLEM)

    def cancel(self) -> None:
        """End what runs or waits; nothing happens where nothing does."""
        if self._job is not None:
            self._job.cancel()
            self._update_state()

    def _on_run_pressed(self) -> None:
        if self._job is not None:
            self.cancel()
        else:
            self.run()

    def _follow(self, job: Job) -> Job:
        """Take `job` as the one that runs."""
        self._job = job
        job.moved.connect(self._on_moved)
        self.bar.setRange(0, 0)
        self._line = "Preparing"
        self._tick.start()
        self._say_progress()
        self._update_state()
        return job

    def _show_progress(self, done: int, total: int, line: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self._line = line
        self._say_progress()

    def _on_moved(self) -> None:
        """Another job ended: this one has come nearer, or begins."""
        self._say_progress()

    def _say_progress(self) -> None:
        """Say the line with the time that is left: "Tile 12 of 64 · 8 s left"."""
        if self._job is None:
            return
        waiting, seconds = self._job.waiting_words(), self._job.remaining_s()
        line = waiting or self._line
        left = "…" if seconds is None else f" · {spell_remaining(seconds)}"
        self.words.say(f"{line[:1].upper()}{line[1:]}{left}", HINT)

    def _on_end(self, sentence: str, role: str) -> None:
        """Forget the job and say how it ended."""
        details = "" if self._job is None else self._job.details
        self._job = None
        self._tick.stop()
        self.words.say(sentence, role, details)
        self._update_state()

    def _on_removed(self) -> None:
        """Stop: napari took the dock out of its window."""
        if self._job is not None:
            self._job.abandon()
            self._on_end("Stopped: the dock was closed.", PROBLEM)

    def event(self, event: QEvent | None) -> bool:
        """Stop the computation when the dock is closed: napari takes the widget out of it."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None:
            self._on_removed()
        return bool(super().event(event))
