"""A measured PSF: from a file, from a layer, or averaged from a stack of beads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari.components import ViewerModel
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.simulation.psf import MeasuredPsf, Psf, pack_psf, psf_from_image
from napari_fidelity.simulation.psf.measured import hash_file
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words, guard_wheel
from napari_fidelity.widgets.filter_source import image_verdict
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layers import source_from_layer

NOTHING = "Choose a file, or a layer that shows a point or a stack of beads."


class PsfMeasured(QWidget):
    """*File…*, a list of layers with *Use it* and *Average beads*, and what is in use."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: MeasuredPsf | None = None
        self._job: Job | None = None
        self.file_button = QPushButton("File…")
        self.file_button.setToolTip("A TIFF or .npy file with the pixels of the PSF")
        self.choice = LayerChoice(viewer, image_verdict, none_text="a layer…")
        self.choice.setAccessibleName("Layer with the PSF, or with beads")
        guard_wheel(self.choice)
        self.use_button = QPushButton("Use layer as PSF")
        self.beads_button = QPushButton("Average beads")
        self.use_button.setToolTip("The layer shows one point in its middle, on a dark background")
        self.beads_button.setToolTip("Finds the beads, centres them, removes the background")
        self.words = Words(NOTHING, HINT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widgets in ((self.file_button, self.choice), (self.use_button, self.beads_button)):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget, 1)
            layout.addLayout(row)
        layout.addWidget(self.words)
        self.file_button.clicked.connect(self.choose_file)
        self.use_button.clicked.connect(self.use_layer)
        self.beads_button.clicked.connect(self.average_layer)
        self.choice.layer_changed.connect(lambda _: self._update_buttons())
        self._update_buttons()

    def settings(self) -> MeasuredPsf:
        """The PSF in use.

        Raises
        ------
        UserError
            There is none yet.
        """
        if self._source is None:
            raise UserError("There is no measured PSF yet: choose a file or a layer.")
        return self._source

    def set_settings(self, source: MeasuredPsf, words: str = "") -> None:
        """Use `source`."""
        self._source = source
        name = Path(source.path).name if source.path else "pixels of a layer"
        self.words.say(words or f"In use: {name}.", HINT)
        self.changed.emit()

    def choose_file(self) -> None:
        """Ask for a file and use it."""
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Measured PSF", "", "Images (*.tif *.tiff *.npy)"
        )
        if chosen:
            self.use_file(Path(chosen))

    def use_file(self, path: Path) -> None:
        """Use the PSF in the file at `path`, as it is now."""
        self.set_settings(MeasuredPsf(path=str(path), sha256=hash_file(path)))

    def use_layer(self) -> Job | None:
        """Take the chosen layer's pixels as the PSF."""
        return self._make(lambda image, _: psf_from_image(image), "Take the PSF")

    def average_layer(self) -> Job | None:
        """Average the beads of the chosen layer."""

        def average(image: Image, progress: Progress) -> Psf:
            # looking for beads needs what only this button needs
            from napari_fidelity.simulation.psf.beads import average_beads

            progress(0, 0, "looking for beads")
            return average_beads(image)

        return self._make(average, "Average beads")

    def _make(self, make: Callable[[Image, Progress], Psf], text: str) -> Job | None:
        layer = self.choice.layer()
        if layer is None or self._job is not None:
            return None
        source = source_from_layer(layer)

        def compute(progress: Progress) -> MeasuredPsf:
            progress(0, 0, "reading")
            return pack_psf(make(source.load(), progress))

        def end(sentence: str) -> None:
            self._job = None
            self._update_buttons()
            if sentence:
                self.words.say(sentence, PROBLEM)

        def take(found: MeasuredPsf) -> None:
            end("")
            shape = "×".join(map(str, found.shape))
            self.set_settings(found, f"In use: {shape} pixels from “{source.name}”.")

        self._job = job = start_job(
            compute,
            text=text,
            owner=self,
            on_result=take,
            on_error=end,
            on_cancelled=lambda: end("Cancelled."),
            queued=False,
        )
        self._update_buttons()
        return job

    def _update_buttons(self) -> None:
        is_ready = self.choice.layer() is not None and self._job is None
        for button in (self.use_button, self.beads_button):
            button.setEnabled(is_ready)
