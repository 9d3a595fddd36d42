"""Which restoration: a method or a trained model, what it does, when it fails, its settings."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QCheckBox, QFileDialog, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, PROBLEM, Words
from napari_fidelity.widgets.method_choices import MethodChoice, check_chosen, list_choices
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.preferences import apply_model_folder, on_preferences_changed
from napari_fidelity.widgets.step_form import StepForm

ASK = "choose a model folder"  # no key of a method has spaces
ASK_WORDS = (
    "Choose a model folder…",
    "A trained model that lies elsewhere, or the folder of a training",
)


class MethodSection(QWidget):
    """A list of methods, two sentences about the chosen one, and a form over its settings.

    Trained models come after the classical methods; the list is made anew when the section is
    shown and when the preferences change. Each method keeps its settings while another one is
    looked at.
    """

    changed = Signal()
    method_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = NarrowComboBox()
        self.combo.setAccessibleName("Method")
        self.words, self.warning = Words(), Words()
        self.uncertainty = QCheckBox("Uncertainty as a layer")
        self.uncertainty.setToolTip(
            "A second layer: the standard deviation of every pixel, as the model states it and "
            "as orientations differ"
        )
        self._choices: dict[str, MethodChoice] = {}
        self._forms: dict[str, StepForm] = {}
        self._folders: list[Path] = []
        self._shown = ""
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        caption = Words("Method", CAPTION)
        for widget in (caption, self.combo, self.words, self.warning, self.uncertainty):
            layout.addWidget(widget)
        self.refresh()
        self.combo.currentIndexChanged.connect(self._on_method)
        self.combo.activated.connect(self._on_activated)
        self.uncertainty.toggled.connect(lambda _: self.changed.emit())
        on_preferences_changed(self._on_preferences)

    def refresh(self) -> None:
        """List what is there now; the chosen entry stays chosen if it is."""
        before = self._shown
        self._choices = {choice.key: choice for choice in list_choices(self._folders)}
        self.combo.blockSignals(True)
        self.combo.clear()
        for choice in self._choices.values():
            is_first = choice.is_learned and self.combo.count() == self._count_classical()
            if is_first:
                self.combo.insertSeparator(self.combo.count())
            self.combo.add_choices({choice.key: (choice.title, choice.tells)})
        self.combo.insertSeparator(self.combo.count())
        self.combo.add_choices({ASK: ASK_WORDS})
        self.combo.setCurrentIndex(max(self.combo.findData(before), 0))
        self.combo.blockSignals(False)
        self._show_method()
        if before and self._shown != before:
            self.method_changed.emit()
            self.changed.emit()

    def spec(self) -> MethodChoice:
        """The chosen method."""
        return self._choices[self._shown]

    def choose(self, key: str) -> None:
        """Choose the method or the model called `key`; a model also by its folder.

        Raises
        ------
        UserError
            It is neither listed nor the folder of a model.
        """
        if self.combo.findData(key) < 0:
            self.add_folder(Path(key))
            return
        self.combo.setCurrentIndex(self.combo.findData(key))

    def add_folder(self, folder: Path) -> None:
        """List the model in a folder, and choose it.

        Raises
        ------
        UserError
            It is no model package, or one for something else.
        """
        place = check_chosen(folder)
        if place not in self._folders:
            self._folders.append(place)
        self.refresh()
        self.combo.setCurrentIndex(self.combo.findData(str(place)))

    def form(self) -> StepForm:
        """The controls of the chosen method."""
        return self._forms[self._shown]

    def settings(self) -> RestorationSettings:
        """The chosen method's settings, validated.

        Raises
        ------
        UserError
            A value does not fit.
        """
        settings = self.form().settings()
        assert isinstance(settings, RestorationSettings)
        return settings

    def wants_uncertainty(self) -> bool:
        """Whether a layer of standard deviations is asked for, and can be given."""
        return self._states_spread() and self.uncertainty.isChecked()

    def ask_folder(self) -> str:
        """Let a person choose a folder; empty when none was chosen."""
        return QFileDialog.getExistingDirectory(self, "Folder of a model or of a training")

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802  # Qt's name
        """Trainings may have ended meanwhile."""
        super().showEvent(event)
        self._on_preferences()

    def _on_preferences(self) -> None:
        apply_model_folder()
        self.refresh()

    def _on_method(self, _row: int) -> None:
        if self.combo.currentData() == ASK:
            return
        self._show_method()
        self.method_changed.emit()
        self.changed.emit()

    def _on_activated(self, _row: int) -> None:
        """A person clicked an entry; that of the folder is no method."""
        if self.combo.currentData() != ASK:
            return
        self.combo.blockSignals(True)
        self.combo.setCurrentIndex(max(self.combo.findData(self._shown), 0))
        self.combo.blockSignals(False)
        folder = self.ask_folder()
        if not folder:
            return
        try:
            self.add_folder(Path(folder))
        except UserError as error:
            self.warning.say(str(error), PROBLEM)

    def _count_classical(self) -> int:
        return sum(not choice.is_learned for choice in self._choices.values())

    def _states_spread(self) -> bool:
        choice = self.spec()
        flips = getattr(self.form().settings(), "flips", "none")
        return choice.is_learned and (choice.states_spread or flips != "none")

    def _show_method(self) -> None:
        self._shown = str(self.combo.currentData())
        choice = self.spec()
        if choice.key not in self._forms:
            form = StepForm(choice.settings, only=choice.fields)
            form.changed.connect(self._on_form)
            self._forms[choice.key] = form
            self._layout.insertWidget(self._layout.count() - 1, form)
        for key, form in self._forms.items():
            form.setVisible(key == choice.key)
        self.uncertainty.setVisible(self._states_spread())
        self.words.say(choice.description, HINT)
        self.words.setToolTip(choice.tells)
        self.warning.say(f"Careful: {choice.fails[:1].lower()}{choice.fails[1:]}", HINT)

    def _on_form(self) -> None:
        self.uncertainty.setVisible(self._states_spread())
        self.changed.emit()
