"""Long jobs wait for each other: one at a time, in the order in which they were started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QApplication


class Waiting(Protocol):
    """What the queue wants of a job."""

    text: str

    def begin(self) -> None:
        """It is this job's turn."""

    def wait_for(self, others: tuple[str, ...]) -> None:
        """Those named go first."""


class JobQueue(QObject):
    """Keeps every job until it ended; of those added, the first one runs. Main thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[Waiting] = []
        self._beside: list[Waiting] = []

    def add(self, job: Waiting) -> Callable[[], None]:
        """Begin `job`, or let it wait; the function returned takes it out when it ended."""
        self._jobs.append(job)
        if len(self._jobs) == 1:
            job.begin()
        else:
            self._tell_places()
        return lambda: self._take_out(job)

    def add_beside(self, job: Waiting) -> Callable[[], None]:
        """Begin a short `job` at once, whatever runs; returns as `add`."""
        self._beside.append(job)
        job.begin()
        return lambda: self._let_go(job)

    def _let_go(self, job: Waiting) -> None:
        self._beside = [other for other in self._beside if other is not job]

    def _take_out(self, job: Waiting) -> None:
        if all(job is not other for other in self._jobs):
            return
        was_first = self._jobs[0] is job
        self._jobs = [other for other in self._jobs if other is not job]
        if was_first and self._jobs:
            self._jobs[0].begin()
        self._tell_places()

    def _tell_places(self) -> None:
        for place, job in enumerate(self._jobs[1:], 1):
            job.wait_for(tuple(other.text for other in self._jobs[:place]))


def queue_of_application() -> JobQueue:
    """The one queue of this process; it lives as long as Qt's application."""
    application = QApplication.instance()
    assert application is not None  # there is no dock without one
    queue = application.findChild(JobQueue)
    return queue if queue is not None else JobQueue(application)
