"""What a training is to do: method, images, a few settings in sight and all others folded."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from napari.components import ViewerModel
from qtpy.QtCore import Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.operations.train_process import free_folder
from napari_fidelity.training.catalog import TRAININGS
from napari_fidelity.training.config import ModelInfo, RunSettings, TrainConfig
from napari_fidelity.training.spec import TrainingSpec
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, Fold, Words
from napari_fidelity.widgets.name_label import NameLabel
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.optional_number import OptionalNumber
from napari_fidelity.widgets.preferences import compute_settings, runs_folder
from napari_fidelity.widgets.seed_row import SeedRow
from napari_fidelity.widgets.train_data import DataSection
from napari_fidelity.widgets.train_forms import SettingsForm
from napari_fidelity.widgets.train_names import first_sentence, make_key
from napari_fidelity.widgets.train_words import spell_count

ELSEWHERE_DATA = ("folder", "inputs", "targets", "task", "degradation")
ELSEWHERE_RUN = ("max_steps", "max_minutes", "seed")
ELSEWHERE_MODEL = ("key", "title")
SEED_PURPOSE = "Same seed, images and settings: the same training, on the same computer"
FIRST_NAME = "My model"

ParamsT = TypeVar("ParamsT", bound=Params)


class TrainSetup(QWidget):
    """The page on which a training is described.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers may be trained on.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parent_folder: Path | None = None
        self.method_choice = NarrowComboBox()
        self.method_choice.setAccessibleName("Method")
        methods = {key: (spec.title, spec.description) for key, spec in TRAININGS.items()}
        self.method_choice.add_choices(methods)
        self.method_words = Words("", HINT)
        self.data = DataSection(viewer)
        self.name_line = QLineEdit(FIRST_NAME)
        self.steps = OptionalNumber(1, is_whole=True)
        self.minutes = OptionalNumber(0.1, open_text="no limit")
        self.seed = SeedRow(SEED_PURPOSE)
        self.place = NameLabel()
        self.place_button = QToolButton()
        self.place_button.setText("Change…")
        self.place_button.setToolTip("The folder in which trainings get theirs")
        self.data_form = SettingsForm(DataSettings(), ELSEWHERE_DATA)
        self.run_form = SettingsForm(_run_settings(), ELSEWHERE_RUN)
        self.card_form = SettingsForm(ModelInfo(), ELSEWHERE_MODEL)
        self._method_forms: dict[str, SettingsForm] = {}
        self.method_fold = Fold("Method settings")
        self.method_fold.heading.setToolTip("The network, and how it learns")
        self._lay_out()
        self._connect()
        self._show_method()

    def spec(self) -> TrainingSpec:
        """The chosen method."""
        return TRAININGS[self.method_choice.currentData()]

    def choose_method(self, key: str) -> None:
        """Choose the method called `key`."""
        self.method_choice.setCurrentIndex(self.method_choice.findData(key))

    def method_form(self) -> SettingsForm:
        """The settings of the chosen method."""
        return self._method_forms[self.spec().key]

    def title(self) -> str:
        """What the model will be called."""
        return self.name_line.text().strip()

    def parent_folder(self) -> Path:
        """Where the run will get its folder."""
        return self._parent_folder or runs_folder()

    def run_folder(self) -> Path:
        """The folder that the run will have: one that is not there yet."""
        return free_folder(self.parent_folder(), make_key(self.title()))

    def config(self, *, images: Path | None = None, key: str = "") -> TrainConfig:
        """The settings of the run.

        Parameters
        ----------
        images : Path, optional
            The folder into which layers are or will be written.
        key : str
            Of the model; default: after its title.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        data = self.data.values()
        if self.data.uses_layers():
            data["folder"] = None if images is None else str(images)
        model = {"title": self.title(), "key": key or make_key(self.title())}
        run = {
            "max_steps": self.steps.number(),
            "max_minutes": self.minutes.number(),
            "seed": self.seed.seed(),
        }
        return TrainConfig(
            method=self.method_form().settings(),
            data=_settings(self.data_form, data, DataSettings),
            run=_settings(self.run_form, run, RunSettings),
            model=_settings(self.card_form, model, ModelInfo),
        )

    def problem(self) -> str:
        """Why no training can be started; empty when one can."""
        if not self.title():
            return "Give the model a name."
        if reason := self.data.problem():
            return reason
        try:
            self.config()
        except UserError as error:
            return str(error)
        return ""

    def take_active_layer(self) -> None:
        """Choose the active layer where it fits."""
        self.data.take_active_layer()

    def refresh(self) -> None:
        """Layers may have changed, and folders too."""
        self.data.refresh()
        self._show_place()

    def color_icons(self, color: QColor) -> None:
        """Draw icons in the theme's colour of text."""
        self.seed.color_icons(color)

    def choose_place(self) -> None:
        """Ask for the folder in which the run gets its own."""
        start = str(self.parent_folder())
        chosen = QFileDialog.getExistingDirectory(self, "Folder of trainings", start)
        if chosen:
            self._parent_folder = Path(chosen)
            self._show_place()
            self.changed.emit()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words("Method", CAPTION), self.method_choice, self.method_words):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self.data)
        layout.addSpacing(8)
        layout.addWidget(Words("Training", CAPTION))
        layout.addLayout(self._make_grid())
        layout.addWidget(self.seed)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.place, 1)
        row.addWidget(self.place_button)
        layout.addLayout(row)
        layout.addSpacing(4)
        layout.addWidget(self.method_fold)
        folds = {
            "Patches and variation": (self.data_form, "How images are split, cut and varied"),
            "Validation and computer": (self.run_form, "How often, on what, how large"),
            "Model card": (self.card_form, "What the model says about itself to others"),
        }
        self.folds = {}
        for title, (form, tip) in folds.items():
            fold = Fold(title)
            fold.heading.setToolTip(tip)
            fold.content_layout.addWidget(form)
            layout.addWidget(fold)
            self.folds[title] = fold

    def _make_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        rows = (
            ("Name", self.name_line, "Of the model, in lists of models and on its card"),
            ("Steps", self.steps, "How often the network learns from a batch of patches"),
            ("Minutes", self.minutes, "Ends sooner, after so much training time"),
        )
        for row, (name, widget, tip) in enumerate(rows):
            label = QLabel(name)
            label.setBuddy(widget)
            widget.setAccessibleName(name)
            for each in (label, widget):
                each.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
        return grid

    def _connect(self) -> None:
        self.method_choice.currentIndexChanged.connect(lambda _: self._on_method())
        self.name_line.textChanged.connect(lambda _: self._on_name())
        self.place_button.clicked.connect(self.choose_place)
        self.data_form.changed.connect(self._on_data_form)
        for signal in (
            self.data.changed,
            self.steps.changed,
            self.minutes.changed,
            self.seed.changed,
            self.run_form.changed,
            self.card_form.changed,
        ):
            signal.connect(self.changed)

    def _on_method(self) -> None:
        self._show_method()
        self.changed.emit()

    def _on_name(self) -> None:
        self._show_place()
        self.changed.emit()

    def _on_data_form(self) -> None:
        self.data.set_volumes(bool(self.data_form.values()["volumes"]))
        self.changed.emit()

    def _show_method(self) -> None:
        spec = self.spec()
        if spec.key not in self._method_forms:
            self._method_forms[spec.key] = form = SettingsForm(spec.settings(kind=spec.key))
            form.changed.connect(self.changed)
            self.method_fold.content_layout.addWidget(form)
        for key, form in self._method_forms.items():
            form.setVisible(key == spec.key)
        self.method_words.say(first_sentence(spec.description))
        for widget in (self.method_words, self.method_choice):
            widget.setToolTip(f"{spec.description}\n{spec.source}")
        self.steps.setSpecialValueText(f"usual: {spell_count(spec.default_steps)}")
        self.data.show_method(spec)
        self._show_place()

    def _show_place(self) -> None:
        self.place.say(f"Into {self.run_folder()}")


def _settings(form: SettingsForm, others: dict[str, Any], kind: type[ParamsT]) -> ParamsT:
    """Settings of a form and of other controls, as their class."""
    settings = form.settings(**others)
    assert isinstance(settings, kind)
    return settings


def _run_settings() -> RunSettings:
    """The defaults, on the device of the preferences."""
    with suppress(UserError):
        compute = compute_settings()
        return RunSettings.parse({"device": compute.device})
    return RunSettings()
