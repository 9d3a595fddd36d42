"""Computes beside the window, one request at a time; of those that wait, the latest wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari_fidelity.widgets.piece_thread import PieceThread

Request = tuple[Callable[[], Any], Callable[[Any], None]]  # Any: each request has its own answer


class LatestAnswer:
    """Runs requests on a thread; older ones that have not begun are dropped. Main thread.

    Parameters
    ----------
    on_failure : callable
        Receives what a request raised.
    """

    def __init__(self, on_failure: Callable[[BaseException], None]) -> None:
        self._thread = PieceThread()
        self._on_failure = on_failure
        self._waiting: Request | None = None
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._thread.is_busy or self._waiting is not None

    def ask(
        self, compute: Callable[[], Any], on_answer: Callable[[Any], None]
    ) -> None:  # Any: as above
        """Compute on the thread, and hand the answer to `on_answer` on the main thread."""
        if self._is_closed:
            return
        self._waiting = (compute, on_answer)
        self._begin()

    def drop(self) -> None:
        """Forget the request that waits."""
        self._waiting = None

    def close(self) -> None:
        """Call nobody back any more."""
        self._is_closed = True
        self._waiting = None
        self._thread.close()

    def _begin(self) -> None:
        if self._waiting is None or self._thread.is_busy or self._is_closed:
            return
        (compute, on_answer), self._waiting = self._waiting, None

        def finish(answer: Any) -> None:  # Any: as above
            on_answer(answer)
            self._begin()

        def fail(error: BaseException) -> None:
            self._on_failure(error)
            self._begin()

        self._thread.run(compute, finish, fail)
