"""How a long computation tells where it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable


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
