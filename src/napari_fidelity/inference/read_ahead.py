"""Reading the next tiles and writing the last ones while a network works on the present."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Self, TypeVar

StepT = TypeVar("StepT")
ReadT = TypeVar("ReadT")
AHEAD = 2


class ReadAhead(Generic[StepT, ReadT]):
    """`read(step)`, with the following steps already being read by one other thread.

    Parameters
    ----------
    read : callable
        Called on the other thread, one call at a time. What it raises is raised by the call
        for its step.
    steps : sequence
        The steps in the order in which they will be asked for; any other order works too, but
        is read when asked.
    """

    def __init__(self, read: Callable[[StepT], ReadT], steps: Sequence[StepT]) -> None:
        self._read = read
        self._rest = deque(steps)
        self._coming: deque[tuple[StepT, Future[ReadT]]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def __call__(self, step: StepT) -> ReadT:
        """What `read` returns for this step."""
        self._start_next(AHEAD)
        if self._coming and self._coming[0][0] is step:
            result = self._coming.popleft()[1]
            self._start_next(AHEAD)
            return result.result()
        return self._thread.submit(self._read, step).result()

    def _start_next(self, ahead: int) -> None:
        while self._rest and len(self._coming) < ahead:
            step = self._rest.popleft()
            self._coming.append((step, self._thread.submit(self._read, step)))


class WriteBehind:
    """Writes done by one other thread, in order, at most a few waiting.

    What a write raises is raised by a later call or by `finish`.
    """

    def __init__(self) -> None:
        self._waiting: deque[Future[None]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="write-behind")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def submit(self, write: Callable[[], None]) -> None:
        """Have `write` called soon; waits while too many are waiting already."""
        while len(self._waiting) > AHEAD:
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(write))

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._waiting.popleft().result()
