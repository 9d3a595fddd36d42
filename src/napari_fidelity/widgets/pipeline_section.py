"""Which degradation: a preset, a file, or steps of one's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.simulation.degradation.catalog import STEPS
from napari_fidelity.simulation.degradation.pipeline import Pipeline
from napari_fidelity.simulation.degradation.presets import PRESETS
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, PROBLEM, Words
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.step_cards import StepCards
from napari_fidelity.widgets.step_form import Makers

OWN = "own steps"
FILES = "Pipelines (*.yaml *.yml *.json)"
DEFAULT = "medium"


class PipelineSection(QWidget):
    """A list of presets, *Load…*, *Save…*, and the steps as cards.

    Parameters
    ----------
    makers : callable, optional
        Controls for fields of a step's class that no form knows.
    """

    changed = Signal()

    def __init__(
        self,
        makers: Callable[[type[Params]], Makers] = lambda _: {},
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = OWN
        self.preset = NarrowComboBox()
        self.preset.setAccessibleName("Preset")
        self.preset.add_choices({key: (p.title, p.description) for key, p in PRESETS.items()})
        self.preset.addItem(OWN, None)
        self.load_button, self.save_button = QPushButton("Load…"), QPushButton("Save…")
        self.load_button.setToolTip("Steps from a YAML file")
        self.save_button.setToolTip("These steps as a YAML file, for the command line and others")
        self.cards = StepCards(STEPS, makers)
        self.black = ParamsForm(Pipeline, ["black"])
        self.words = Words()
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.preset, 1)
        row.addWidget(self.load_button)
        row.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(Words("Degradation", CAPTION))
        layout.addLayout(row)
        layout.addWidget(self.words)
        layout.addWidget(self.cards)
        layout.addWidget(self.black)
        self.set_pipeline(PRESETS[DEFAULT].pipeline)
        self.preset.currentIndexChanged.connect(self._on_preset)
        self.cards.changed.connect(self._on_changed)
        self.black.changed.connect(self._on_changed)
        self.load_button.clicked.connect(self.load)
        self.save_button.clicked.connect(self.save)

    def pipeline(self) -> Pipeline:
        """The steps that are on, as a pipeline.

        Raises
        ------
        UserError
            A value does not fit, or a step that prepares stands after one that degrades.
        """
        steps = tuple(self.cards.steps())
        values = {"steps": steps, "name": self._name, **self.black.values()}
        for preset in PRESETS.values():
            if preset.pipeline.steps == steps:
                values["name"] = preset.pipeline.name
        return Pipeline.parse(values)

    def set_pipeline(self, pipeline: Pipeline) -> None:
        """Show `pipeline` instead of what was there."""
        self._name = pipeline.name or OWN
        self.black.set_values({"black": pipeline.black})
        self.cards.set_steps(pipeline.steps)
        self._name_preset()

    def color_icons(self, color: QColor, faint: QColor) -> None:
        """Draw icons in the theme's colours."""
        self.cards.color_icons(color, faint)

    def load(self) -> None:
        """Ask for a file and show its steps."""
        chosen, _ = QFileDialog.getOpenFileName(self, "Load steps", "", FILES)
        if chosen:
            self.load_file(Path(chosen))

    def load_file(self, path: Path) -> None:
        """Show the steps of the file at `path`; what is wrong with it is said."""
        try:
            text = path.read_text(encoding="utf-8")
            pipeline = Pipeline.from_yaml(text, name=path.name)
        except (OSError, UnicodeDecodeError):
            self.words.say(f"{path.name} cannot be read as text: choose a YAML file.", PROBLEM)
        except UserError as error:
            self.words.say(str(error), PROBLEM)
        else:
            named = pipeline.name or path.stem
            self.set_pipeline(pipeline.model_copy(update={"name": named}))
            self.words.say(f"Loaded from {path.name}.", HINT)

    def save(self) -> None:
        """Ask where, and write the steps there."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Save steps", "degradation.yaml", FILES)
        if chosen:
            self.save_file(Path(chosen))

    def save_file(self, path: Path) -> None:
        """Write the steps to `path`, named after it; what is wrong is said."""
        path = path if path.suffix else path.with_suffix(".yaml")
        try:
            text = self.pipeline().model_copy(update={"name": path.stem}).to_yaml()
            partial = path.with_name(f".{path.name}.part")
            partial.write_text(text, encoding="utf-8", newline="\n")
            partial.replace(path)
        except (UserError, OSError) as error:
            self.words.say(f"Not saved: {error}", PROBLEM)
        else:
            self._name = path.stem
            self.words.say(f"Saved as {path.name} in {path.parent}.", HINT)
            self._name_preset()

    def _on_preset(self, _row: int) -> None:
        key = self.preset.currentData()
        if key is None:
            return
        self.words.say("")
        pipeline = PRESETS[key].pipeline
        black = self.black.values()["black"]  # it belongs to the image, not to the preset
        self.set_pipeline(pipeline.model_copy(update={"black": black}))

    def _on_changed(self) -> None:
        self._name_preset()
        self.changed.emit()

    def _name_preset(self) -> None:
        """Let the list say which preset these steps are, or that they are one's own."""
        try:
            steps = tuple(self.cards.steps())
        except UserError:
            steps = ()
        fits = (row for row, p in enumerate(PRESETS.values()) if p.pipeline.steps == steps)
        row = next(fits, len(PRESETS))
        if row == len(PRESETS):
            named = self._name not in (OWN, *PRESETS)
            self.preset.setItemText(row, self._name if named else OWN)
        self.preset.blockSignals(True)
        self.preset.setCurrentIndex(row)
        self.preset.blockSignals(False)
