"""A control for a setting that is one of a few words or any number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QLocale, QSize, Qt, Signal
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QSizePolicy, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import guard_wheel

LARGEST = 1e12


class NarrowComboBox(QComboBox):
    """A drop-down list that long words do not widen and that scrolling past does not change."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        guard_wheel(self)

    def add_choices(self, choices: Mapping[str, tuple[str, str]]) -> None:
        """Add entries: key to words and a sentence for the tooltip."""
        for key, (words, sentence) in choices.items():
            self.addItem(words, key)
            self.setItemData(self.count() - 1, sentence, Qt.ItemDataRole.ToolTipRole)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow."""
        return QSize(80, super().minimumSizeHint().height())


class NumberOrChoice(QWidget):
    """Named choices and "a number…", which brings a box to type it.

    Parameters
    ----------
    choices : sequence of str
        The names.
    low, high : float
        Range of the number.
    """

    changed = Signal()

    def __init__(
        self,
        choices: Sequence[str],
        *,
        low: float = -LARGEST,
        high: float = LARGEST,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._choices = list(choices)
        self.combo = NarrowComboBox()
        for choice in self._choices:
            self.combo.addItem(choice, choice)
        self.combo.addItem("a number…", None)
        self.number = QDoubleSpinBox()
        self.number.setLocale(QLocale(QLocale.Language.C))
        self.number.setDecimals(4)
        self.number.setRange(low, high)
        self.number.setValue(max(low, 1.0))
        self.number.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        guard_wheel(self.number)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.combo)
        layout.addWidget(self.number)
        self.setFocusProxy(self.combo)
        self.combo.currentIndexChanged.connect(self._on_choice)
        self.number.valueChanged.connect(lambda _: self.changed.emit())
        self._on_choice()

    def value(self) -> str | float:
        """The chosen name, or the number."""
        name = self.combo.currentData()
        return self.number.value() if name is None else str(name)

    def set_value(self, value: str | float) -> None:
        """Choose a name, or "a number…" with that number."""
        if isinstance(value, str):
            self.combo.setCurrentIndex(self._choices.index(value))
        else:
            self.combo.setCurrentIndex(len(self._choices))
            self.number.setValue(value)

    def _on_choice(self) -> None:
        self.number.setVisible(self.combo.currentData() is None)
        self.changed.emit()
