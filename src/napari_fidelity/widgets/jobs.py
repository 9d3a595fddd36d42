"""Every computation a dock starts: on a worker thread, named, shown, stoppable, safe to outlive.

napari registers each worker and prints its function's repr when a window is closed while it
runs, so the function handed over has a repr that reads well. A worker's `quit` only sets a
flag, so the progress callback polls it and raises `Cancelled` within one step of the
computation. A `RuntimeError` inside a napari generator worker is swallowed and leaves it
registered for ever (torch raises one when memory runs out), so everything is caught here.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from napari import current_viewer
from napari.utils.notifications import notification_manager
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.widgets.activity_bar import ActivityBar
from napari_fidelity.widgets.job_failure import describe_failure, spell_details
from napari_fidelity.widgets.job_queue import queue_of_application
from napari_fidelity.widgets.job_worker import JobWorker, QuietWorker, ShownWorker
from napari_fidelity.widgets.remaining_time import RemainingTime, spell_remaining

Compute = Callable[[Progress], Any]  # Any: each job has its own result


class Job(QObject):
    """One computation; made by `start_job`, kept alive by the queue until it ends.

    Attributes
    ----------
    text : str
        What the computation is called in napari's activity dock.
    is_shown : bool
        Whether napari lists it, in the activity dock and when a window is closed.
    finished : Signal
        Emitted once on the main thread after the last callback, however the job ended.
    moved : Signal
        Emitted when it waits for other jobs than before, and when it begins.
    """

    finished = Signal()
    moved = Signal()
    _reported = Signal()

    def __init__(
        self, compute: Compute, text: str, owner: QObject | None, is_shown: bool = True
    ) -> None:
        super().__init__()
        self.text, self.is_shown = text, is_shown
        self._compute: Compute | None = compute
        self._owner = owner
        self._worker: JobWorker | None = None
        self._bar: ActivityBar | None = None
        self._result: Any = None  # Any: what `compute` returned
        self._error: BaseException | None = None
        self._latest: tuple[int, int, str] = (0, 0, "")
        self._remaining = RemainingTime()
        self._waits_for: tuple[str, ...] = ()
        self._report_waiting = False
        self._cancel_requested = False
        self._abandoned = False
        self._running = True
        self.on_result: Callable[[Any], None] | None = None
        self.on_error: Callable[[str], None] | None = None
        self.on_cancelled: Callable[[], None] | None = None
        self.on_progress: Callable[[int, int, str], None] | None = None
        self._reported.connect(self._show_progress)
        if owner is not None:
            owner.destroyed.connect(self.abandon)

    @property
    def is_running(self) -> bool:
        """Whether the computation has not ended yet; one that waits has not."""
        return self._running

    @property
    def is_waiting(self) -> bool:
        """Whether other jobs go first."""
        return self._running and self._worker is None

    @property
    def is_cancelling(self) -> bool:
        """Whether it was asked to stop and has not stopped yet."""
        return self._running and self._is_cancelled()

    @property
    def details(self) -> str:
        """Versions and traceback of a failure that is a bug, from `on_error` on; else empty."""
        if self._error is None or self._is_cancelled() or isinstance(self._error, Cancelled):
            return ""
        return spell_details(self._error)

    def remaining_s(self) -> float | None:
        """Seconds that it still takes, judged by its pace; None while nobody can tell."""
        return self._remaining.seconds() if self._running else None

    def waiting_words(self) -> str:
        """Whom it waits for: "waiting for “Assess” and 1 more"; empty when it does not wait."""
        if not (self.is_waiting and self._waits_for):
            return ""
        more = len(self._waits_for) - 1
        return f"waiting for “{self._waits_for[0]}”" + (f" and {more} more" if more else "")

    def cancel(self) -> None:
        """Ask the computation to stop at its next step; `on_cancelled` follows when it did."""
        self._cancel_requested = True
        if self.is_waiting:
            QTimer.singleShot(0, self._finish)

    def abandon(self) -> None:
        """Stop, and call nobody back: what listened is gone."""
        self._abandoned = True
        self.cancel()

    def begin(self) -> None:
        """Start the worker: the queue's business."""
        self._waits_for = ()
        if not self._running:
            return
        if self._is_cancelled() or not self._is_listened_to():
            self._cancel_requested = True
            self._finish()
            return
        make = ShownWorker if self.is_shown else QuietWorker
        self._worker = make(self.text, self._generate, self._finish)
        self._worker.start()
        self.moved.emit()

    def wait_for(self, others: tuple[str, ...]) -> None:
        """Wait until the jobs named have ended: the queue's business."""
        self._waits_for = others
        self.moved.emit()
        QTimer.singleShot(0, self._show_waiting)  # the bar lets Qt handle waiting events

    def _is_cancelled(self) -> bool:
        asked = self._worker is not None and self._worker.is_asked_to_stop()
        return self._cancel_requested or asked

    def _generate(self) -> Generator[None, None, None]:
        """Run on the worker thread; a failure is kept as data and told on the main thread."""
        yield
        assert self._compute is not None
        try:
            self._result = self._compute(Progress(self._report, self._is_cancelled))
        except BaseException as error:  # noqa: BLE001  # the worker: told in _finish
            self._error = error

    def _report(self, done: int, total: int, text: str) -> None:
        """Keep the newest state; at most one message waits in the main thread's queue."""
        self._latest = (done, total, text)
        if not self._report_waiting:
            self._report_waiting = True
            self._reported.emit()

    def _show_progress(self) -> None:
        """Show the newest state, one at a time.

        Moving the bar lets Qt handle waiting events; were the next message among them, these
        calls would nest until the stack is full.
        """
        if self._running:
            shown = self._latest
            self._remaining.note(*shown[:2])
            self._move_bar(*shown)
            self._tell_progress(*shown)
            if shown != self._latest:
                QTimer.singleShot(0, self._show_progress)
                return
        self._report_waiting = False

    def _tell_progress(self, done: int, total: int, text: str) -> None:
        if self._running and self._is_listened_to() and self.on_progress is not None:
            self.on_progress(done, total, text)

    def _move_bar(self, done: int, total: int, text: str) -> None:
        seconds = self._remaining.seconds()
        left = "" if seconds is None else spell_remaining(seconds)
        steps = f"{done} of {total}" if total else text
        self._show_in_activity(done, total, f" {steps} · {left}" if left else f" {steps}")

    def _show_waiting(self) -> None:
        if words := self.waiting_words():
            self._show_in_activity(0, 0, f" {words}")

    def _show_in_activity(self, done: int, total: int, words: str) -> None:
        if not self.is_shown:
            return
        if self._bar is None and current_viewer() is not None:
            self._bar = bar = ActivityBar(self.text, self.cancel)
            if not self._running:
                bar.close()
        if self._bar is not None:
            self._bar.show(done, total, words)

    def _is_listened_to(self) -> bool:
        return not self._abandoned and (self._owner is None or is_alive(self._owner))

    def _finish(self) -> None:
        """Tell what happened, once, on the main thread."""
        if not self._running:
            return
        cancelled = isinstance(self._error, Cancelled) or self._is_cancelled()
        self._running = False
        if self._bar is not None:
            self._bar.close()
        try:
            if self._is_listened_to():
                self._tell(cancelled)
        finally:
            self._forget()
            self.finished.emit()

    def _tell(self, cancelled: bool) -> None:
        if cancelled:
            _call(self.on_cancelled)
        elif self._error is None:
            _call(self.on_result, self._result)
        else:
            sentence = describe_failure(self._error, self.text)
            if not isinstance(self._error, UserError):
                notification_manager.receive_error(
                    type(self._error), self._error, self._error.__traceback__
                )
            _call(self.on_error, sentence)

    def _forget(self) -> None:
        """Drop every reference, so that a closed viewer is not kept alive."""
        self.on_result = self.on_error = self.on_cancelled = self.on_progress = None
        self._compute = self._owner = self._result = self._error = None
        self._worker = None


def start_job(
    compute: Compute,
    *,
    text: str,
    owner: QObject | None = None,
    on_result: Callable[[Any], None] | None = None,
    on_error: Callable[[str], None] | None = None,
    on_cancelled: Callable[[], None] | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
    queued: bool = True,
    shown: bool = True,
) -> Job:
    """A job that computes on a worker thread; exactly one of three callbacks ends it.

    Parameters
    ----------
    compute : callable
        Called as `compute(progress)` on the worker thread; it must touch no layer and no
        widget, and call `progress(done, total, text)` often: that is where Cancel works. What
        it needs is checked at its start, where it may raise a `UserError`: memory that is
        free when a job is started may be taken when its turn comes.
    text : str
        Name of the task for people: "Synthesize from mask".
    owner : QObject, optional
        The dock. When it is deleted first, the job stops and nobody is called back.
    on_result : callable, optional
        Receives what `compute` returned. Callbacks run on the main thread.
    on_error : callable, optional
        Receives a sentence. A failure that is no `UserError` also becomes a napari
        notification with the traceback, and `job.details` holds it.
    on_cancelled : callable, optional
        Called without arguments after the computation stopped.
    on_progress : callable, optional
        Receives `(done, total, text)`; states that came too fast are left out.
    queued : bool
        Wait until the long jobs that were started before have ended; False for a short one.
    shown : bool
        Show it in napari's activity dock, and ask before a window is closed while it runs;
        False for a piece of work that a person did not ask for.
    """
    job = Job(compute, text, owner, shown)
    job.on_result, job.on_error = on_result, on_error
    job.on_cancelled, job.on_progress = on_cancelled, on_progress
    queue = queue_of_application()
    job.finished.connect(queue.add(job) if queued else queue.add_beside(job))
    return job


def is_alive(thing: QObject) -> bool:
    """Whether the Qt object behind `thing` has not been deleted."""
    return bool(isalive(thing))  # type: ignore[no-untyped-call]  # qtpy has no types here


def _call(callback: Callable[..., None] | None, *arguments: Any) -> None:  # Any: as above
    if callback is not None:
        callback(*arguments)
