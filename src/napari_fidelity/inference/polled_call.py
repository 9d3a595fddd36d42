"""A call that takes a while and cannot be stopped, left alone when somebody cancels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

ValueT = TypeVar("ValueT")
INTERVAL_S = 0.1


def call_polled(function: Callable[[], ValueT], poll: Callable[[], None]) -> ValueT:
    """What `function` returns or raises; it runs on another thread while this one polls.

    Parameters
    ----------
    function : callable
        Best one whose result is kept for the next time: when `poll` raises, it runs to its
        end with nobody waiting.
    poll : callable
        Called every 0.1 s; may raise `Cancelled`.

    Examples
    --------
    >>> call_polled(lambda: 6 * 7, lambda: None)
    42
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="polled-call")
    try:
        future = thread.submit(function)
        while not wait([future], INTERVAL_S).done:
            poll()
        return future.result()
    finally:
        thread.shutdown(wait=False)
