"""Which restoration: a method, what it does, when it fails, its settings."""

from __future__ import annotations

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.restoration.catalog import METHODS
from napari_fidelity.restoration.spec import MethodSpec, RestorationSettings
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, Words
from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.step_form import StepForm


class MethodSection(QWidget):
    """A list of methods, two sentences about the chosen one, and a form over its settings.

    Each method keeps its settings while another one is looked at.
    """

    changed = Signal()
    method_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.combo = NarrowComboBox()
        self.combo.setAccessibleName("Method")
        self.combo.add_choices({key: (m.title, m.description) for key, m in METHODS.items()})
        self.words, self.warning = Words(), Words()
        self._forms: dict[str, StepForm] = {}
        self._layout = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words("Method", CAPTION), self.combo, self.words, self.warning):
            layout.addWidget(widget)
        self.combo.currentIndexChanged.connect(self._on_method)
        self._show_method()

    def spec(self) -> MethodSpec:
        """The chosen method."""
        return METHODS[self.combo.currentData()]

    def choose(self, key: str) -> None:
        """Choose the method called `key`."""
        self.combo.setCurrentIndex(list(METHODS).index(key))

    def form(self) -> StepForm:
        """The controls of the chosen method."""
        return self._forms[self.spec().key]

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

    def _on_method(self, _row: int) -> None:
        self._show_method()
        self.method_changed.emit()
        self.changed.emit()

    def _show_method(self) -> None:
        spec = self.spec()
        if spec.key not in self._forms:
            form = StepForm(spec.params(kind=spec.key))
            form.changed.connect(self.changed)
            self._forms[spec.key] = form
            self._layout.addWidget(form)
        for key, form in self._forms.items():
            form.setVisible(key == spec.key)
        self.words.say(spec.description, HINT)
        self.warning.say(f"Careful: {spec.fails[:1].lower()}{spec.fails[1:]}", HINT)
