"""Start values from a real image: its camera and its blur, put into the steps."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from napari.components import ViewerModel
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.estimate import estimate
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.estimation import Estimated, ImageEstimate, apply_estimate
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Fold, Words, guard_wheel
from napari_fidelity.widgets.filter_source import image_verdict
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layers import source_from_layer

PURPOSE = "Offset, gain and read noise of the camera and the width of the blur, from a real image."
TIP = "Estimates the camera and the blur of this image, and puts them into the steps above"
SHOWN = {
    "offset": ("Offset", ""),
    "gain": ("Gain", ""),
    "read_noise": ("Read noise", " e⁻"),
    "background": ("Background", ""),
    "blur_sigma_px": ("Blur σ", " px"),
    "blur_fwhm_um": ("Blur width", " µm"),
}


class EstimateSection(Fold):
    """Folded: *Like*, *Dark frame*, a button, and what was found.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers are offered.
    find_pipeline : callable
        The steps to fill.
    fill : callable
        Receives the steps with the estimate as start values.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        find_pipeline: Callable[[], Pipeline],
        fill: Callable[[Pipeline], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Estimate camera and blur", parent)
        self._find_pipeline, self._fill = find_pipeline, fill
        self._job: Job | None = None
        self.choice = LayerChoice(viewer, image_verdict, empty_text="no image yet")
        self.dark = LayerChoice(viewer, image_verdict, none_text="none")
        self.button = QPushButton("Estimate")
        self.button.setToolTip(TIP)
        self.words, self.found = Words(PURPOSE, HINT), FoundNumbers()
        rows = QGridLayout()
        rows.setColumnStretch(1, 1)
        choices = (
            ("From layer", self.choice, "A real, noisy image of your microscope"),
            ("Dark frame", self.dark, "Recorded without light, where there is one"),
        )
        for row, (title, choice, tip) in enumerate(choices):
            label = QLabel(title)
            label.setBuddy(choice)
            choice.setAccessibleName(title)
            guard_wheel(choice)
            label.setToolTip(tip)
            rows.addWidget(label, row, 0)
            rows.addWidget(choice, row, 1)
        layout = self.content_layout
        layout.setSpacing(4)
        layout.addWidget(self.words)
        layout.addLayout(rows)
        layout.addWidget(self.button)
        layout.addWidget(self.found)
        self.button.clicked.connect(self.press)

    def press(self) -> None:
        """Start, or cancel what runs."""
        if self._job is not None:
            self._job.cancel()
        else:
            self.start()

    def start(self) -> Job | None:
        """Estimate from the chosen layer; None when there is none."""
        layer, dark = self.choice.layer(), self.dark.layer()
        if layer is None:
            self.words.say(self.choice.problem() or "Choose a layer first.", PROBLEM)
            return None
        source = source_from_layer(layer)
        shade = source_from_layer(dark) if dark is not None else None

        def compute(progress: Progress) -> ImageEstimate:
            progress(0, 0, "reading")
            aside = shade.load() if shade is not None else None
            return estimate(source.load(), progress=progress, dark=aside)

        self._job = job = start_job(
            compute,
            text=f"Estimate from {layer.name}",
            owner=self,
            on_result=self._on_result,
            on_error=lambda sentence: self._end(sentence, PROBLEM),
            on_cancelled=lambda: self._end("Cancelled.", HINT),
        )
        self.button.setText("Cancel")
        return job

    def _on_result(self, found: ImageEstimate) -> None:
        self.found.show_estimate(found)
        try:
            self._fill(apply_estimate(self._find_pipeline(), found))
        except UserError as error:
            self._end(str(error), PROBLEM)
        else:
            self._end(f"Put into the steps, from “{found.image}”.", HINT)

    def _end(self, sentence: str, role: str) -> None:
        self._job = None
        self.button.setText("Estimate")
        self.words.say(sentence, role)


class FoundNumbers(QWidget):
    """What was found, one number a row, each with its range; why another is not known."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, tuple[QLabel, Words]] = {}
        self.notes = Words("", HINT)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(2)
        for row, (name, (title, _unit)) in enumerate(SHOWN.items()):
            self.rows[name] = (QLabel(title), Words("", HINT))
            for column, widget in enumerate(self.rows[name]):
                grid.addWidget(widget, row, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid)
        layout.addWidget(self.notes)
        self.hide()

    def show_estimate(self, found: ImageEstimate) -> None:
        """Show `found`."""
        for name, (title, words) in self.rows.items():
            number: Estimated = getattr(found, name)
            words.say(spell_estimated(number, SHOWN[name][1]))
            for widget in (title, words):
                widget.setToolTip(number.how)
        self.notes.say("\n".join(found.notes))
        self.show()


def spell_estimated(number: Estimated, unit: str) -> str:
    """A number with its range, or that it is not known.

    Examples
    --------
    >>> spell_estimated(Estimated(1.6, 1.52, 1.71, "stated"), " e⁻")
    '1.6 e⁻ (1.52 to 1.71)'
    >>> spell_estimated(Estimated(100.0, float("nan"), 100.0, "an upper bound"), "")
    '100 (at most 100)'
    """
    if not number.is_known:
        return f"not known: {number.how}"
    value = f"{number.value:.4g}{unit}"
    if isfinite(number.low) and isfinite(number.high):
        return f"{value} ({number.low:.4g} to {number.high:.4g})"
    if isfinite(number.high):
        return f"{value} (at most {number.high:.4g})"
    return f"{value} (at least {number.low:.4g})" if isfinite(number.low) else value
