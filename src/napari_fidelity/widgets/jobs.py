"""Every computation a dock starts: on a worker thread, named, shown, stoppable, safe to outlive.

napari registers each worker and prints its function's repr when a window is closed while it
runs, so the function handed over has a repr that reads well. A worker's `quit` only sets a
flag, so the progress callback polls it and raises `Cancelled` within one step of the
computation. A `RuntimeError` inside a napari generator worker is swallowed and leaves it
registered for ever (torch raises one when memory runs out), so everything is caught here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any

from napari import current_viewer
from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils import cancelable_progress
from napari.utils.notifications import notification_manager
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress

Compute = Callable[[Progress], Any]  # Any: each job has its own result


class _Task(functools.partial):  # type: ignore[type-arg]  # partial is generic in stubs only
    """A generator function whose repr is a sentence for the person who closes the window."""

    text = ""

    def __repr__(self) -> str:
        return self.text


class Job(QObject):
    """One running computation; made by `start_job`, kept alive by its worker until it ends.

    Attributes
    ----------
    text : str
        What the computation is called in napari's activity dock.
    finished : Signal
        Emitted once on the main thread after the last callback, however the job ended.
    """

    finished = Signal()
    _reported = Signal()

    def __init__(self, compute: Compute, text: str, owner: QObject | None) -> None:
        super().__init__()
        self.text = text
        self._compute: Compute | None = compute
        self._owner = owner
        self._worker: GeneratorWorker | None = None
        self._bar: cancelable_progress | None = None
        self._result: Any = None  # Any: what `compute` returned
        self._error: BaseException | None = None
        self._latest: tuple[int, int, str] = (0, 0, "")
        self._report_waiting = False
        self._cancel_requested = False
        self._abandoned = False
        self._running = True
        self.on_result: Callable[[Any], None] | None = None
        self.on_error: Callable[[str], None] | None = None
        self.on_cancelled: Callable[[], None] | None = None
        self.on_progress: Callable[[int, int, str], None] | None = None
        self._reported.connect(self._show_progress)

    @property
    def is_running(self) -> bool:
        """Whether the computation has not ended yet."""
        return self._running

    @property
    def is_cancelling(self) -> bool:
        """Whether it was asked to stop and has not stopped yet."""
        return self._running and self._is_cancelled()

    def cancel(self) -> None:
        """Ask the computation to stop at its next step; `on_cancelled` follows when it did."""
        self._cancel_requested = True

    def abandon(self) -> None:
        """Stop, and call nobody back: what listened is gone."""
        self._abandoned = True
        self.cancel()

    def _is_cancelled(self) -> bool:
        asked = self._worker is not None and self._worker.abort_requested
        pressed = self._bar is not None and self._bar.is_canceled
        return bool(self._cancel_requested or asked or pressed)

    def _start(self) -> None:
        task = _Task(self._generate)
        task.text = f"“{self.text}” (Fidelity)"
        worker = create_worker(task, _start_thread=False, _worker_class=GeneratorWorker)
        self._worker = worker
        # The generator lets go of the job when it returns, on the worker thread: a job that the
        # caller does not keep would be deleted there, before it could tell its end.
        worker.job = self
        worker.finished.connect(self._finish)
        worker.start()

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
            self._move_bar(*shown[:2])
            self._tell_progress(*shown)
            if shown != self._latest:
                QTimer.singleShot(0, self._show_progress)
                return
        self._report_waiting = False

    def _tell_progress(self, done: int, total: int, text: str) -> None:
        if self._running and self._is_listened_to() and self.on_progress is not None:
            self.on_progress(done, total, text)

    def _move_bar(self, done: int, total: int) -> None:
        """Show the state in the activity dock; each call here lets Qt handle waiting events."""
        if self._bar is None and current_viewer() is not None:
            self._bar = bar = cancelable_progress(total=total, desc=self.text)
            if not self._running:
                bar.close()
        if self._bar is None or self._bar.disable:
            return
        if self._bar.total != total:
            self._bar.total = total
        self._bar.update(done - self._bar.n)

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
) -> Job:
    """A job that computes on a worker thread; exactly one of three callbacks ends it.

    Parameters
    ----------
    compute : callable
        Called as `compute(progress)` on the worker thread; it must touch no layer and no
        widget, and call `progress(done, total, text)` often: that is where Cancel works.
    text : str
        Name of the task for people: "Synthesize from mask".
    owner : QObject, optional
        The dock. When it is deleted first, nobody is called back.
    on_result : callable, optional
        Receives what `compute` returned. Callbacks run on the main thread.
    on_error : callable, optional
        Receives a sentence. A failure that is no `UserError` also becomes a napari
        notification with the traceback.
    on_cancelled : callable, optional
        Called without arguments after the computation stopped.
    on_progress : callable, optional
        Receives `(done, total, text)`; states that came too fast are left out.
    """
    job = Job(compute, text, owner)
    job.on_result, job.on_error = on_result, on_error
    job.on_cancelled, job.on_progress = on_cancelled, on_progress
    job._start()
    return job


def is_alive(thing: QObject) -> bool:
    """Whether the Qt object behind `thing` has not been deleted."""
    return bool(isalive(thing))  # type: ignore[no-untyped-call]  # qtpy has no types here


def describe_failure(error: BaseException, text: str) -> str:
    """A sentence for a person about `error`, which ended the task named `text`.

    Examples
    --------
    >>> describe_failure(UserError("The mask is empty: paint something."), "Synthesize")
    'The mask is empty: paint something.'
    >>> describe_failure(KeyError("scale"), "Synthesize")
    "“Synthesize” failed (KeyError: 'scale'): the notification shows the details."
    """
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return f"“{text}” ran out of memory: try smaller tiles or a crop."
    first_line = (str(error).splitlines() or [""])[0]
    kind = type(error).__name__
    cause = f"{kind}: {first_line}" if first_line else kind
    return f"“{text}” failed ({cause}): the notification shows the details."


def _call(callback: Callable[..., None] | None, *arguments: Any) -> None:  # Any: as above
    if callback is not None:
        callback(*arguments)
