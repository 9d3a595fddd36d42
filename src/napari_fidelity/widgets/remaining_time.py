"""How much longer a computation takes, judged by the pace it had so far."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

FIRST_WORDS_S = 2.0  # a shorter one is over before its estimate is read
MEMORY_S = 20.0  # older steps fade: a pace may change
TOLERANCE = 0.15  # of what is left; closer estimates leave the countdown alone


class RemainingTime:
    """An estimate that counts down by the clock and moves only when it was clearly wrong.

    A new total, or fewer steps done than before, is a new phase and starts anew. The first
    interval of a phase is forgotten when the second was quicker: it held loading and warming up.

    Parameters
    ----------
    clock : callable, optional
        Seconds that never go back. Default: `time.monotonic`.

    Examples
    --------
    >>> now = [0.0]
    >>> remaining = RemainingTime(lambda: now[0])
    >>> for tile in range(4):
    ...     now[0] = 1.5 * tile
    ...     remaining.note(tile, 10)
    >>> remaining.seconds()
    10.5
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first = self._last = 0.0
        self._done, self._total = 0, -1
        self._time_sum = self._step_sum = 0.0
        self._intervals = self._batch = 0
        self._end: float | None = None

    def note(self, done: int, total: int) -> None:
        """Take in that `done` of `total` steps are finished now."""
        now = self._clock()
        if total != self._total or done < self._done:
            self._begin(now, done, total)
            return
        steps, elapsed = done - self._done, now - self._last
        if steps <= 0:
            return
        if self._intervals == 1 and elapsed / steps < self._pace():
            self._time_sum = self._step_sum = 0.0
        fade = math.exp(-elapsed / MEMORY_S)
        self._time_sum = self._time_sum * fade + elapsed
        self._step_sum = self._step_sum * fade + steps
        self._intervals += 1
        self._last, self._done, self._batch = now, done, steps
        end = now + self._pace() * (total - done)
        if self._end is None or abs(end - self._end) > max(1.0, TOLERANCE * (end - now)):
            self._end = end

    def seconds(self) -> float | None:
        """Seconds left, not below 0; None while nothing sensible can be said."""
        now = self._clock()
        is_early = self._intervals < 2 or now - self._first < FIRST_WORDS_S
        if self._end is None or is_early or self._done >= self._total:
            return None
        # overdue: what comes after the step that runs still has to be done
        after = self._pace() * max(self._total - self._done - self._batch, 0)
        return max(self._end - now, after, 0.0)

    def _begin(self, now: float, done: int, total: int) -> None:
        self._first = self._last = now
        self._done, self._total = done, total
        self._time_sum = self._step_sum = 0.0
        self._intervals = self._batch = 0
        self._end = None

    def _pace(self) -> float:
        """Seconds a step."""
        return self._time_sum / self._step_sum


def spell_remaining(seconds: float) -> str:
    """The time left for a person, rounded up more coarsely the more there is.

    Examples
    --------
    >>> [spell_remaining(s) for s in (0.2, 7.4, 33, 100, 5000)]
    ['almost done', '8 s left', '35 s left', '2 min left', '1 h 30 min left']
    """
    if seconds < 0.5:
        return "almost done"
    if seconds <= 20:
        return f"{math.ceil(seconds)} s left"
    if seconds <= 60:
        return f"{5 * math.ceil(seconds / 5)} s left"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min left"
    hours, tens = divmod(math.ceil(minutes / 10), 6)
    return f"{hours} h {10 * tens} min left" if tens else f"{hours} h left"
