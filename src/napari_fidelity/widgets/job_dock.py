"""What every dock with a computation shares: one button that starts and cancels, and its words."""

from __future__ import annotations

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QProgressBar, QPushButton, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words
from napari_fidelity.widgets.jobs import Job


class JobDock(QWidget):
    """A widget with at most one job; a dock gives it `problem`, `start` and `_update_state`.

    While the job runs the button reads *Cancel*; closing the dock ends it.

    Parameters
    ----------
    verb : str
        What the button says.
    """

    def __init__(self, verb: str) -> None:
        super().__init__()
        self._job: Job | None = None
        self.run_button = QPushButton(verb)
        self.run_button.setObjectName("fidelityRun")
        self.run_button.clicked.connect(self._on_run_pressed)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.words = Words()

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

    def _on_run_pressed(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._update_state()
            return
        try:
            self.start()
        except UserError as error:
            self.words.say(str(error), PROBLEM)

    def _follow(self, job: Job) -> Job:
        """Take `job` as the one that runs."""
        self._job = job
        self.bar.setRange(0, 0)
        self.words.say("Preparing…", HINT)
        self._update_state()
        return job

    def _show_progress(self, done: int, total: int, line: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.words.say(f"{line[:1].upper()}{line[1:]}…", HINT)

    def _on_end(self, sentence: str, role: str) -> None:
        """Forget the job and say how it ended."""
        self._job = None
        self.words.say(sentence, role)
        self._update_state()

    def event(self, event: QEvent | None) -> bool:
        """Stop the computation when the dock is closed: napari takes the widget out of it."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None and self._job is not None:
            self._job.abandon()
            self._on_end("Stopped: the dock was closed.", PROBLEM)
        return bool(super().event(event))
