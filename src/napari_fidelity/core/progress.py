"""How a long computation tells where it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """The person who started a computation asked it to stop; nothing was written."""


class Progress:
    """A callable `progress(done, total, text)` that raises `Cancelled` when asked to stop.

    Parameters
    ----------
    report : callable, optional
        Receives `(done, total, text)` on the thread that computes. Default: nobody listens.
    is_cancelled : callable, optional
        Polled at every step. Default: never.

    Examples
    --------
    >>> Progress(lambda done, total, text: print(f"{text} {done}/{total}"))(1, 4, "tile")
    tile 1/4
    """

    def __init__(
        self,
        report: Callable[[int, int, str], None] | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._report = report
        self._is_cancelled = is_cancelled

    def __call__(self, done: int, total: int, text: str = "") -> None:
        """Say that `done` of `total` steps are finished; raise `Cancelled` if asked to stop."""
        self.check()
        if self._report is not None:
            self._report(done, total, text)

    def check(self) -> None:
        """Raise `Cancelled` if asked to stop; for steps that are too short to be told."""
        if self._is_cancelled is not None and self._is_cancelled():
            raise Cancelled


_around: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def polled_by(progress: Progress) -> Iterator[None]:
    """Let `poll` ask `progress` in what is called inside the `with`, on this thread."""
    token = _around.set(progress)
    try:
        yield
    finally:
        _around.reset(token)


def poll() -> None:
    """Raise `Cancelled` if the computation around was asked to stop.

    For functions of many pixels that have no progress to tell; outside of `polled_by` it does
    nothing.
    """
    progress = _around.get()
    if progress is not None:
        progress.check()
