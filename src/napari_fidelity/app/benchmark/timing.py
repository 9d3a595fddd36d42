"""Seconds that calls take, measured so that what else the machine does slows both sides."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

FirstT = TypeVar("FirstT")
SecondT = TypeVar("SecondT")


def clock(function: Callable[[], FirstT]) -> tuple[float, FirstT]:
    """Seconds that a call takes, and what it returned."""
    start = perf_counter()
    value = function()
    return perf_counter() - start, value


def time_in_turns(
    ours: Callable[[], FirstT], other: Callable[[], SecondT], repeats: int
) -> tuple[float, float, FirstT, SecondT]:
    """Fewest seconds of either call in `repeats` turns, and what each returned last.

    Examples
    --------
    >>> ours, other, mine, theirs = time_in_turns(lambda: 1, lambda: "a", repeats=2)
    >>> ours > 0, other > 0, mine, theirs
    (True, True, 1, 'a')
    """
    pairs = [(clock(ours), clock(other)) for _ in range(repeats)]
    (_, our_value), (_, other_value) = pairs[-1]
    ours_s = min(ours[0] for ours, _ in pairs)
    other_s = min(other[0] for _, other in pairs)
    return ours_s, other_s, our_value, other_value
