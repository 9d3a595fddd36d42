"""What a long run will take, said near the button before it begins."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import prod
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.jobs import start_job

SHORT_S = 2.0
SMALL_PIXELS = 2_000_000  # done in a second or two anywhere: not worth reading a model for
SETTLE_MS = 400

Question = tuple[tuple[int, ...], Hashable]


class PreflightWords(Words):
    """One line: "Takes 1.3 GB of memory and 42 s."; empty for a short run.

    Parameters
    ----------
    estimate : callable or None
        `estimate(shape, params)` on a worker: an object with `seconds` and `words`.
    """

    def __init__(
        self,
        estimate: Callable[..., Any] | None,  # Any: an `Estimate`
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", HINT, parent)
        self._estimate = estimate
        self._question: Question | None = None
        self._answers: dict[Question, str] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._work_out)

    def ask(self, shape: tuple[int, ...], params: Hashable) -> None:
        """Say what a run for a mask of `shape` with `params` will take, when that is known."""
        self._question = (shape, params)
        if self._estimate is None or prod(shape) < SMALL_PIXELS:
            self.forget()
        elif self._question in self._answers:
            self.say(self._answers[self._question])
        else:
            self.say("")
            self._timer.start()

    def forget(self) -> None:
        """Say nothing: there is nothing to run, or it runs."""
        self._question = None
        self._timer.stop()
        self.say("")

    def _work_out(self) -> None:
        question, estimate = self._question, self._estimate
        if question is None or estimate is None:
            return

        def show(found: Any) -> None:  # Any: an `Estimate`
            is_long = found.seconds is not None and found.seconds > SHORT_S
            self._answers[question] = f"Takes {found.words}." if is_long else ""
            if self._question == question:
                self.say(self._answers[question])

        start_job(
            lambda _progress: estimate(*question),
            text="Estimate",
            owner=self,
            on_result=show,
            queued=False,
            shown=False,
        )
