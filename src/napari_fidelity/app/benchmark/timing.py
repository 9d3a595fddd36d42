"""Seconds that calls take, measured so that what else the machine does slows all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from time import perf_counter
from typing import TypeVar

ValueT = TypeVar("ValueT")


def clock(function: Callable[[], ValueT]) -> tuple[float, ValueT]:
    """Seconds that a call takes, and what it returned."""
    start = perf_counter()
    value = function()
    return perf_counter() - start, value


def time_in_turns(
    functions: Sequence[Callable[[], ValueT]], repeats: int, limit_s: float = inf
) -> list[tuple[float, ValueT]]:
    """Fewest seconds of each call in `repeats` turns, and what it returned last.

    A turn once begun is finished; none begins after `limit_s` seconds.

    Examples
    --------
    >>> [(ours, mine), (other, theirs)] = time_in_turns([lambda: 1, lambda: 2], repeats=2)
    >>> ours > 0, other > 0, mine, theirs
    (True, True, 1, 2)
    """
    start = perf_counter()
    turns = [[clock(function) for function in functions]]
    while len(turns) < repeats and perf_counter() - start < limit_s:
        turns.append([clock(function) for function in functions])
    seconds = [min(turn[place][0] for turn in turns) for place in range(len(functions))]
    return [(least, value) for least, (_, value) in zip(seconds, turns[-1], strict=True)]
