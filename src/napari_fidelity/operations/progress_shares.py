"""One progress for a computation of several passes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from napari_fidelity.core.progress import Progress

STEPS = 1000


def share_progress(progress: Progress, weights: Sequence[float]) -> Sequence[Progress]:
    """A progress for each pass, which together count to `STEPS` in the one that is given.

    Parameters
    ----------
    progress : Progress
        Reported to and asked whether to stop.
    weights : sequence of float
        How long each pass takes, in any unit.

    Examples
    --------
    >>> shown = Progress(lambda done, total, text: print(text, done, total))
    >>> first, second = share_progress(shown, [1, 3])
    >>> first(1, 1, "read"), second(1, 2, "write")
    read 250 1000
    write 625 1000
    (None, None)
    """
    total = sum(weights)
    ends = [sum(weights[:number]) / total for number in range(len(weights) + 1)]
    return [_Share(progress, *pair) for pair in pairwise(ends)]


class _Share(Progress):
    def __init__(self, progress: Progress, first: float, last: float) -> None:
        super().__init__()
        self._progress, self._first, self._last = progress, first, last

    def __call__(self, done: int, total: int, text: str = "") -> None:
        part = self._first + (self._last - self._first) * done / max(total, 1)
        self._progress(round(STEPS * part), STEPS, text)

    def check(self) -> None:
        self._progress.check()
