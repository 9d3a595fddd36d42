"""When an assessment is measured again by itself: soon after an edit, and never all the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QWidget

from napari_fidelity.widgets.dock_parts import HINT
from napari_fidelity.widgets.jobs import Job

PAUSE_S = 0.2  # strokes come in bursts: wait for the end of one,
PATIENCE_S = 1.0  # but not for ever: who paints on sees numbers as well
PERIOD_S = 1.0  # from one start to the next


@dataclass(frozen=True)
class Pulse:
    """What happened when, in seconds of one clock; decides when to measure next.

    Parameters
    ----------
    first_edit, last_edit : float
        Since the last start.
    started, ended : float
        Of the last measurement.

    Examples
    --------
    >>> Pulse(first_edit=10.0, last_edit=10.5, started=1.0, ended=1.5).due()
    10.7
    >>> Pulse(first_edit=10.0, last_edit=10.5, started=6.0, ended=9.5).due()
    13.0
    """

    first_edit: float = 0.0
    last_edit: float = 0.0
    started: float = -PERIOD_S
    ended: float = -PERIOD_S

    def due(self) -> float:
        """When to start next: after a pause, a second after the last start, half of the time."""
        calm = min(self.last_edit + PAUSE_S, self.first_edit + PATIENCE_S)
        rested = self.ended + (self.ended - self.started)
        return max(calm, self.started + PERIOD_S, rested)


class AssessFollow(QObject):
    """Starts `measure` after edits while it is on; one at a time, and the last edit wins.

    Parameters
    ----------
    measure : callable
        Starts a job; None when there is nothing to measure now.
    parent : QObject
        The dock.
    clock : callable, optional
        Seconds that never go back.

    Attributes
    ----------
    changed : Signal
        Emitted when `is_updating` may have changed.
    """

    changed = Signal()

    def __init__(
        self,
        measure: Callable[[], Job | None],
        parent: QObject,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._measure, self._clock = measure, clock
        self._is_on = self._is_pending = False
        self._pulse = Pulse()
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._start)

    @property
    def is_on(self) -> bool:
        """Whether edits are followed."""
        return self._is_on

    @property
    def is_updating(self) -> bool:
        """Whether new numbers are on their way."""
        return self._is_on and (self._is_pending or self._job is not None)

    @property
    def failure_details(self) -> str:
        """As `Job.details` of the measurement that runs."""
        return "" if self._job is None else self._job.details

    def set_on(self, on: bool) -> None:
        """Follow edits from now on, or stop at once."""
        self._is_on = on
        if not on:
            self.drop()

    def touch(self) -> None:
        """Something was edited: measure soon."""
        if not self._is_on:
            return
        now, was_updating = self._clock(), self.is_updating
        first = self._pulse.first_edit if self._is_pending else now
        self._pulse = replace(self._pulse, first_edit=first, last_edit=now)
        self._is_pending = True
        self._schedule()
        if not was_updating:
            self.changed.emit()

    def drop(self) -> None:
        """Forget what was edited and stop measuring."""
        self._timer.stop()
        self._is_pending = False
        if self._job is not None:
            job, self._job = self._job, None
            job.abandon()
        self.changed.emit()

    def _schedule(self) -> None:
        if self._job is None:
            wait_s = max(0.0, self._pulse.due() - self._clock())
            self._timer.start(round(1000 * wait_s))

    def _start(self) -> None:
        self._is_pending = False
        self._pulse = replace(self._pulse, started=self._clock(), ended=self._clock())
        self._job = job = self._measure()
        if job is not None:
            job.finished.connect(self._on_finished)
        self.changed.emit()

    def _on_finished(self) -> None:
        if self._job is None or self._job.is_running:
            return  # one that was dropped has ended
        self._job = None
        self._pulse = replace(self._pulse, ended=self._clock())
        if self._is_pending:
            self._schedule()
        self.changed.emit()


class FollowRow(QWidget):
    """A box to tick, *Follow edits*, and a hint beside it while new numbers are on their way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox("Follow edits")
        self.box.setToolTip(
            "Measure again by itself after each edit of these layers, at most once a second."
        )
        self.hint = QLabel("updating…")
        self.hint.setProperty("role", HINT)
        policy = self.hint.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when it comes and goes
        self.hint.setSizePolicy(policy)
        self.hint.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        layout.addStretch(1)
        layout.addWidget(self.hint)

    def show_updating(self, updating: bool) -> None:
        """Show or hide the hint."""
        self.hint.setVisible(updating)
