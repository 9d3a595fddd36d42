"""Which method or model: a list, two sentences about the chosen one, a form over its settings."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, PROBLEM, Words
from napari_fidelity.widgets.method_choices import ChoiceSource, MethodChoice
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.preferences import apply_model_folder, on_preferences_changed
from napari_fidelity.widgets.step_form import StepForm

ASK = "choose a model folder"  # no key of a method has spaces
ASK_WORDS = (
    "Choose a model folder…",
    "A trained model that lies elsewhere, or the folder of a training",
)


class ChoiceSection(QWidget):
    """A list of methods and trained models with the settings of the chosen one.

    Trained models come after the classical methods; the list is made anew when the section is
    shown and when the preferences change. Each entry keeps its settings while another one is
    looked at.

    Parameters
    ----------
    caption : str
        What stands above the list.
    source : ChoiceSource
        What is listed, and which folders may be chosen.
    """

    changed = Signal()
    method_changed = Signal()

    def __init__(self, caption: str, source: ChoiceSource, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = source
        self.combo = NarrowComboBox()
        self.combo.setAccessibleName(caption)
        self.words, self.warning = Words(), Words()
        self._choices: dict[str, MethodChoice] = {}
        self._forms: dict[str, StepForm] = {}
        self._folders: list[Path] = []
        self._shown = ""
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words(caption, CAPTION), self.combo, self.words, self.warning):
            layout.addWidget(widget)
        self.combo.currentIndexChanged.connect(self._on_method)
        self.combo.activated.connect(self._on_activated)
        on_preferences_changed(self._on_preferences)

    def refresh(self) -> None:
        """List what is there now; the chosen entry stays chosen if it is."""
        before = self._shown
        self._choices = {choice.key: choice for choice in self._source.list_choices(self._folders)}
        self.combo.blockSignals(True)
        self.combo.clear()
        count_classical = sum(not choice.is_learned for choice in self._choices.values())
        for row, choice in enumerate(self._choices.values()):
            if row and row == count_classical:
                self.combo.insertSeparator(self.combo.count())
            self.combo.add_choices({choice.key: (choice.title, choice.tells)})
        if self._choices:
            self.combo.insertSeparator(self.combo.count())
        self.combo.add_choices({ASK: ASK_WORDS})
        self.combo.setCurrentIndex(max(self.combo.findData(before), 0))
        self.combo.blockSignals(False)
        self._show_method()
        if self._shown != before:
            self.method_changed.emit()
            self.changed.emit()

    def is_empty(self) -> bool:
        """Whether there is nothing to choose."""
        return not self._choices

    def spec(self) -> MethodChoice:
        """The chosen entry.

        Raises
        ------
        UserError
            There is none.
        """
        if self.is_empty():
            raise UserError("There is no model yet: train one, or choose a folder.")
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
        place = self._source.check_chosen(folder)
        if place not in self._folders:
            self._folders.append(place)
        self.refresh()
        self.combo.setCurrentIndex(self.combo.findData(str(place)))

    def form(self) -> StepForm:
        """The controls of the chosen entry."""
        return self._forms[self.spec().key]

    def settings(self) -> Params:
        """The chosen entry's settings, validated.

        Raises
        ------
        UserError
            A value does not fit, or there is nothing to choose.
        """
        return self.form().settings()

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

    def _show_method(self) -> None:
        self._shown = "" if self.is_empty() else str(self.combo.currentData())
        for key, form in self._forms.items():
            form.setVisible(key == self._shown)
        if self.is_empty():
            self.words.say(self._source.empty_words, HINT)
            self.words.setToolTip("")
            self.warning.say("")
            return
        choice = self.spec()
        if choice.key not in self._forms:
            form = StepForm(choice.settings, only=choice.fields)
            form.changed.connect(self._on_form)
            self._forms[choice.key] = form
            self._layout.addWidget(form)
        self.words.say(choice.description, HINT)
        self.words.setToolTip(choice.tells)
        self.warning.say(f"Careful: {choice.fails[:1].lower()}{choice.fails[1:]}", HINT)

    def _on_form(self) -> None:
        self.changed.emit()
