"""One measurement of the Assess dock: the job, its result, and what was edited since it began."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QObject, Signal

from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.assess_request import AssessRequest
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_watch import LayerWatch, sum_pixels


class AssessRun(QObject):
    """A measurement and the watch over its layers, from the first moment on.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    request : AssessRequest
        What is measured.
    owner : QObject
        The dock.

    Attributes
    ----------
    assessment : Assessment or None
        The result, when there is one.
    has_same_background : bool
        Whether the result's background is that of the assessment given to `start`.
    edit : str
        A sentence about the first edit since the run began; empty while there was none.
    edited : Signal
        Emitted at the first edit.
    touched : Signal
        Emitted at each edit.
    """

    edited = Signal()
    touched = Signal()

    def __init__(self, viewer: ViewerModel, request: AssessRequest, owner: QObject) -> None:
        super().__init__(owner)
        self.request = request
        self.assessment: Assessment | None = None
        self.has_same_background = False
        self.edit = ""
        self._compute = request.computation()
        self._watch = LayerWatch(viewer, request.layers(), self, plane=request.plane())
        self._watch.edited.connect(self._on_edited)

    def start(
        self,
        *,
        on_result: Callable[[], None],
        on_error: Callable[[str], None],
        on_cancelled: Callable[[], None],
        on_progress: Callable[[int, int, str], None] | None = None,
        before: Assessment | None = None,
        quiet: bool = False,
    ) -> Job:
        """Start the job; callbacks as those of `start_job`, the result is kept here.

        Parameters
        ----------
        on_result, on_error, on_cancelled, on_progress : callable
            As `start_job`; a result is handed over in `assessment`.
        before : Assessment, optional
            The one whose background may be shown.
        quiet : bool
            Beside what a person started: not queued, and not shown in the activity dock.
        """
        pixels, compute = self._watch.pixels(), self._compute
        old = None if before is None else before.background

        def compute_all(progress: Progress) -> tuple[Assessment, bool, dict[int, int]]:
            checksums = sum_pixels(pixels, progress)
            found = compute(progress)
            new = found.background
            same = old is not None and new is not None and np.array_equal(old, new)
            return found, same, checksums

        def keep_result(result: tuple[Assessment, bool, dict[int, int]]) -> None:
            self.assessment, self.has_same_background, checksums = result
            self._watch.set_checksums(checksums)
            on_result()

        return start_job(
            compute_all,
            text=f"Assess against {self.request.reference.name}",
            owner=self,
            on_result=keep_result,
            on_error=on_error,
            on_cancelled=on_cancelled,
            on_progress=on_progress,
            queued=not quiet,
            shown=not quiet,
        )

    def stop(self) -> None:
        """Let go of the layers: nobody asks about this run any more."""
        self._watch.stop()
        self.deleteLater()

    def _on_edited(self, sentence: str) -> None:
        is_first, self.edit = not self.edit, self.edit or sentence
        if is_first:
            self.edited.emit()
        self.touched.emit()
