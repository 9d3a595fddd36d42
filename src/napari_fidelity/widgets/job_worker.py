"""The thread behind a job: napari's worker for one that is shown, a plain one for the rest."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Generator
from typing import Protocol

from napari.qt.threading import GeneratorWorker, create_worker
from qtpy.QtCore import QObject, QRunnable, QThreadPool, Signal

Steps = Callable[[], Generator[None, None, None]]


class JobWorker(Protocol):
    """A thread that runs a generator."""

    def start(self) -> None:
        """Let it run."""

    def is_asked_to_stop(self) -> bool:
        """Whether napari wants it to stop; asked from any thread."""


class _Task(functools.partial):  # type: ignore[type-arg]  # partial is generic in stubs only
    """A generator function whose repr is a sentence for the person who closes the window."""

    text = ""

    def __repr__(self) -> str:
        return self.text


class ShownWorker:
    """A worker that napari knows: it asks before it closes a window, then stops it.

    Parameters
    ----------
    text : str
        What the task is called.
    steps : callable
        The generator function.
    on_end : callable
        Called on the main thread after the last step.
    """

    def __init__(self, text: str, steps: Steps, on_end: Callable[[], None]) -> None:
        task = _Task(steps)
        task.text = f"“{text}” (Fidelity)"
        self._worker = create_worker(task, _start_thread=False, _worker_class=GeneratorWorker)
        self._worker.finished.connect(on_end)

    def start(self) -> None:
        """Let it run."""
        self._worker.start()

    def is_asked_to_stop(self) -> bool:
        """Whether napari wants it to stop."""
        return bool(self._worker.abort_requested)


class QuietWorker(QRunnable):
    """A worker that napari does not know; arguments as `ShownWorker`.

    napari keeps each worker of its own for as long as the window lives, which is no way for
    hundreds of small ones; and theirs set the process's warning filters, which two threads
    at a time undo in the wrong order.
    """

    class _Signals(QObject):
        ended = Signal()

    def __init__(self, text: str, steps: Steps, on_end: Callable[[], None]) -> None:  # noqa: ARG002  # as ShownWorker
        super().__init__()
        self.setAutoDelete(False)  # the job lets go of it, on the main thread
        self._steps = steps
        self._signals = self._Signals()
        self._signals.ended.connect(on_end)

    def start(self) -> None:
        """Let it run."""
        pool = QThreadPool.globalInstance()
        assert pool is not None
        pool.start(self)

    def run(self) -> None:
        """Run on the thread, by Qt."""
        for _ in self._steps():
            pass
        with contextlib.suppress(RuntimeError):  # the program ends, and Qt's objects are gone
            self._signals.ended.emit()

    def is_asked_to_stop(self) -> bool:
        """Never: napari does not know it."""
        return False
