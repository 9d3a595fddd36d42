"""One thread for the small steps of live painting: at hand while they come, gone when idle.

From a thread that waits, an answer takes 0.03 ms to the main thread; starting a napari worker
takes six times that, and a fresh thread also has torch build its own threads anew (20 ms). napari
does not know this thread, so nothing flashes in its activity dock and it closes without a question.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from qtpy.QtCore import QCoreApplication, QObject, QTimer, Signal

IDLE_MS = 2000  # a thread that waits for so long is let go

Answer = Any  # Any: each step has its own result


class PieceThread(QObject):
    """Runs one step at a time. Main thread; it lives until `close`, and the last step ended."""

    _ended = Signal(object, object, object)

    def __init__(self) -> None:
        # Of the application, not of a dock: a step that outlives its dock can still report here.
        super().__init__(QCoreApplication.instance())
        self._executor: ThreadPoolExecutor | None = None
        self._is_busy = self._is_closed = False
        self._ended.connect(self._on_ended)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE_MS)
        self._idle.timeout.connect(self._let_go)

    @property
    def is_busy(self) -> bool:
        """Whether a step runs."""
        return self._is_busy

    @property
    def is_idle(self) -> bool:
        """Whether there is no thread."""
        return self._executor is None

    def run(
        self,
        compute: Callable[[], Answer],
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        """Let the thread compute; one of the callbacks follows on the main thread.

        Raises
        ------
        RuntimeError
            A step runs, or the thread was closed.
        """
        if self._is_busy or self._is_closed:
            raise RuntimeError("one step at a time, and none after the end")
        self._is_busy = True
        self._idle.stop()
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, "fidelity-live")
        future = self._executor.submit(compute)
        future.add_done_callback(lambda future: self._tell(future, on_answer, on_failure))

    def close_with(self, owner: QObject) -> None:
        """Close when `owner` is deleted."""
        owner.destroyed.connect(self.close)

    def close(self) -> None:
        """Call nobody back any more, and end when the running step does."""
        self._is_closed = True
        self._let_go()
        if not self._is_busy:
            self.deleteLater()

    def _tell(self, future: Future[Answer], on_answer: object, on_failure: object) -> None:
        """On the thread: hand the outcome to the main thread."""
        with suppress(RuntimeError):  # the application is gone
            self._ended.emit(future, on_answer, on_failure)

    def _on_ended(
        self,
        future: Future[Answer],
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._is_busy = False
        if self._is_closed:
            self.deleteLater()
            return
        self._idle.start()
        error = future.exception()
        if error is None:
            on_answer(future.result())
        else:
            on_failure(error)

    def _let_go(self) -> None:
        if self._executor is not None and not (self._is_busy and not self._is_closed):
            self._executor.shutdown(wait=False)
            self._executor = None
