"""Progress of a computation in parts, asked for Cancel between its steps too."""

from __future__ import annotations

from napari_fidelity.core.progress import Progress


class Steps:
    """What was said last, so that it can be said again where only Cancel matters.

    Parameters
    ----------
    progress : Progress
        Who listens, and may raise `Cancelled`.

    Attributes
    ----------
    progress : Progress
        To be called instead.

    Examples
    --------
    >>> steps = Steps(Progress(lambda done, total, text: print(f"{text} {done}/{total}")))
    >>> steps.start(2)
    >>> steps.count(); steps.count(); steps.poll()
    Measuring layers 0/2
    Measuring layers 1/2
    Measuring layers 1/2
    """

    def __init__(self, progress: Progress) -> None:
        self._listener = progress
        self._last = (0, 1, "Predicting")
        self._done, self._total = 0, 1
        self.progress = Progress(self._say)

    def poll(self) -> None:
        """Raise `Cancelled` if asked to stop."""
        self._listener(*self._last)

    def start(self, total: int) -> None:
        """Begin to count passes of tiles through the layers of a network."""
        self._done, self._total = 0, max(total, 1)

    def count(self) -> None:
        """One more of them begins."""
        self._say(self._done, self._total, "Measuring layers")
        self._done += 1

    def _say(self, done: int, total: int, text: str) -> None:
        self._last = (done, total, text)
        self._listener(done, total, text)
