"""One press of *Assess*: the job, its result, and what was edited since it began."""

from __future__ import annotations

from collections.abc import Callable

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
    edit : str
        A sentence about the first edit since the run began; empty while there was none.
    """

    edited = Signal()

    def __init__(self, viewer: ViewerModel, request: AssessRequest, owner: QObject) -> None:
        super().__init__(owner)
        self.request = request
        self.assessment: Assessment | None = None
        self.edit = ""
        self._compute = request.computation()
        self._watch = LayerWatch(viewer, request.layers(), self)
        self._watch.edited.connect(self._on_edited)

    def start(
        self,
        *,
        on_result: Callable[[], None],
        on_error: Callable[[str], None],
        on_cancelled: Callable[[], None],
        on_progress: Callable[[int, int, str], None],
    ) -> Job:
        """Start the job; callbacks as those of `start_job`, the result is kept here."""
        pixels, compute = self._watch.pixels(), self._compute

        def compute_both(progress: Progress) -> tuple[Assessment, dict[int, int]]:
            checksums = sum_pixels(pixels, progress)
            return compute(progress), checksums

        def keep_result(pair: tuple[Assessment, dict[int, int]]) -> None:
            self.assessment, checksums = pair
            self._watch.set_checksums(checksums)
            on_result()

        return start_job(
            compute_both,
            text=f"Assess against {self.request.reference.name}",
            owner=self,
            on_result=keep_result,
            on_error=on_error,
            on_cancelled=on_cancelled,
            on_progress=on_progress,
        )

    def stop(self) -> None:
        """Let go of the layers: nobody asks about this run any more."""
        self._watch.stop()
        self.deleteLater()

    def _on_edited(self, sentence: str) -> None:
        self.edit = self.edit or sentence
        self.edited.emit()
