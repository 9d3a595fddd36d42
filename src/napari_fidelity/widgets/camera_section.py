"""Whose noise a synthesized image gets: the model's own, or that of a real image's camera."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.simulation.camera_noise import CameraNoise
from napari_fidelity.simulation.estimation import ImageEstimate
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, PROBLEM, Words, guard_wheel
from napari_fidelity.widgets.filter_source import image_verdict
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layers import source_from_layer

OWN = "the model's own"
OWN_WORDS = "Noise as in the training set."
TIP = "A real image: offset, gain and read noise of its camera are estimated, and its noise is made"


class CameraSection(QWidget):
    """*Camera*: a list of images, the first entry the model's own noise, and what was estimated.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers are offered.
    own_result : callable
        Gives the dock's own result layer, which is not offered, or None.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        own_result: Callable[[], Layer | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._own_result = own_result
        self._camera: CameraNoise | None = None
        self._problem = ""
        self._job: Job | None = None
        self.choice = LayerChoice(viewer, self.verdict, none_text=OWN)
        self.choice.setAccessibleName("Camera")
        self.choice.setToolTip(TIP)
        guard_wheel(self.choice)
        self.words = Words(OWN_WORDS, HINT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words("Camera estimated from", CAPTION), self.choice, self.words):
            layout.addWidget(widget)
        self.choice.layer_changed.connect(self._on_chosen)

    def camera(self) -> CameraNoise | None:
        """The camera; None for the model's own noise."""
        return self._camera

    def problem(self) -> str:
        """Why there is no camera although one was asked for; empty when all is well."""
        return self._problem

    def verdict(self, layer: Layer) -> str | None:
        """How the list shows a layer: "" offered, words greyed, None left out."""
        own = self._own_result()
        return None if own is not None and own is layer else image_verdict(layer)

    def _on_chosen(self, layer: Layer | None) -> None:
        if self._job is not None:
            self._job.abandon()
            self._job = None
        if layer is None:
            self._settle(None, "", OWN_WORDS)
            return
        try:
            source = source_from_layer(layer)
        except UserError as error:
            self._settle(None, str(error), "")
            return

        def compute(progress: Progress) -> ImageEstimate:
            # it takes SciPy's optimizer along: only who asks for a camera waits for it
            from napari_fidelity.operations.estimate import estimate

            return estimate(source.load(), progress=progress)

        self._job = start_job(
            compute,
            text=f"Estimate from {layer.name}",
            owner=self,
            on_result=self._on_estimated,
            on_error=self._on_failed,
            queued=False,
        )
        self._settle(None, f"The camera of “{layer.name}” is being estimated.", "")

    def _on_estimated(self, found: ImageEstimate) -> None:
        self._job = None
        try:
            camera = found.camera()
        except UserError as error:
            self._settle(None, str(error), "")
            return
        self.words.setToolTip(found.describe())
        notes = "\n".join(found.notes)
        said = (
            f"Offset {camera.offset:.4g}, gain {camera.gain:.3g}, read noise "
            f"{camera.read_noise:.3g} e⁻. Match the intensities to this image too."
        )
        self._settle(camera, "", "\n".join(filter(None, [said, notes])))

    def _on_failed(self, sentence: str) -> None:
        self._job = None
        self._settle(None, sentence, "")

    def _settle(self, camera: CameraNoise | None, problem: str, words: str) -> None:
        self._camera, self._problem = camera, problem
        self.words.say(problem or words, PROBLEM if problem and self._job is None else HINT)
        self.changed.emit()
