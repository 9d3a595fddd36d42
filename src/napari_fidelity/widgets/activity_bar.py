"""A line in napari's activity dock: how far a job is, how long it still takes, and Cancel."""

from __future__ import annotations

from collections.abc import Callable

from napari import current_viewer
from napari.utils import cancelable_progress


class ActivityBar(cancelable_progress):  # type: ignore[misc]  # napari has no types
    """napari's bar with our words in place of tqdm's, and a Cancel button that acts at once.

    Each change here lets Qt handle waiting events: napari's bar does so.

    Parameters
    ----------
    desc : str
        What the job is called.
    on_cancel : callable
        Called when Cancel is pressed.
    """

    def __init__(self, desc: str, on_cancel: Callable[[], None]) -> None:
        self._words = ""
        self._on_cancel = on_cancel
        super().__init__(total=0, desc=desc)

    def cancel(self) -> None:
        """What napari calls when Cancel is pressed."""
        super().cancel()
        self._on_cancel()

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """What tqdm calls at times of its own: show the words again."""
        if self.gui or self.is_init:
            self.events.eta(value=self._words)
        else:
            super().display(msg, pos)

    def show(self, done: int, total: int, words: str) -> None:
        """Show `done` of `total` steps (total 0: nobody knows) and `words` beside them."""
        if self.disable:
            return
        if total != self._total:
            self.total = total
        if words != self._words:
            self._words = words
            self.events.eta(value=words)
        if done != self.n:
            self.update(done - self.n)


def prepare_activity_dock() -> None:
    """Let napari lay out its activity dock now, so that the first job does not wait for it."""
    if current_viewer() is not None:
        ActivityBar("", lambda: None).close()
