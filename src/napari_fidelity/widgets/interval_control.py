"""A number, or an interval that it is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import QLocale, QSize, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from napari_fidelity.widgets.dock_parts import guard_wheel

LARGEST = 1e12
DECIMALS = 8
LEAST_WIDTH_PX = 44
SPREAD = 0.25  # a fresh interval reaches this far to both sides, as a share of the number

Amount = float | dict[str, float]


class NarrowNumber(QDoubleSpinBox):
    """A box for a real number without buttons, that shows "0.5", not "0.500000"."""

    def __init__(self, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(QLocale(QLocale.Language.C))
        self.setDecimals(DECIMALS)
        self.setRange(low, high)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        guard_wheel(self)

    def textFromValue(self, value: float) -> str:  # noqa: N802  # Qt's name
        """The shortest text for `value`."""
        return f"{value:.6g}"

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: two of them stand in a row."""
        return QSize(LEAST_WIDTH_PX, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow."""
        return QSize(LEAST_WIDTH_PX, super().sizeHint().height())


class IntervalControl(QWidget):
    """One number and *range*; pressed, the two ends of an interval and ×.

    Parameters
    ----------
    low, high : float
        Bounds of the number and of both ends.
    """

    changed = Signal()

    def __init__(
        self, low: float = -LARGEST, high: float = LARGEST, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.first, self.last = NarrowNumber(low, high), NarrowNumber(low, high)
        self.dash = QLabel("–")
        self.button = QToolButton()
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.setObjectName("fidelityRange")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.first, self.dash, self.last):
            layout.addWidget(widget, 0 if widget is self.dash else 1)
        layout.addWidget(self.button)
        self.setFocusProxy(self.first)
        self._show_ends(False)
        self.first.valueChanged.connect(lambda _: self.changed.emit())
        self.last.valueChanged.connect(lambda _: self.changed.emit())
        self.button.toggled.connect(self._on_toggled)

    @property
    def is_interval(self) -> bool:
        """Whether two ends are shown."""
        return self.button.isChecked()

    def value(self) -> Amount:
        """The number, or `{"low": …, "high": …}`."""
        if not self.is_interval:
            return self.first.value()
        return {"low": self.first.value(), "high": self.last.value()}

    def set_value(self, value: Any) -> None:  # Any: a number, a mapping, or an `Interval`
        """Show a number, or an interval."""
        ends = _ends_of(value)
        before = self.value()
        self.blockSignals(True)
        self.button.blockSignals(True)
        self.button.setChecked(ends is not None)
        self.button.blockSignals(False)
        self._show_ends(ends is not None)
        if ends is None:
            self.first.setValue(float(value))
        else:
            self.first.setValue(ends[0])
            self.last.setValue(ends[1])
        self.blockSignals(False)
        if self.value() != before:
            self.changed.emit()

    def setAccessibleName(self, name: str | None) -> None:  # noqa: N802  # Qt's name
        """Name the boxes for screen readers."""
        super().setAccessibleName(name)
        self.first.setAccessibleName(name)
        self.last.setAccessibleName(f"{name}, highest")
        self.button.setAccessibleName(f"{name}: draw from an interval")

    def _on_toggled(self, is_interval: bool) -> None:
        self._show_ends(is_interval)
        if is_interval and self.last.value() <= self.first.value():
            number = self.first.value()
            around = abs(number) * SPREAD or 1.0
            self.blockSignals(True)
            self.last.setValue(number + around)
            self.first.setValue(number - around)
            self.blockSignals(False)
        elif not is_interval:
            self.blockSignals(True)
            self.first.setValue(_middle(self.first.value(), self.last.value()))
            self.last.setValue(self.first.value())
            self.blockSignals(False)
        self.changed.emit()

    def _show_ends(self, is_interval: bool) -> None:
        self.dash.setVisible(is_interval)
        self.last.setVisible(is_interval)
        self.button.setText("×" if is_interval else "range")
        self.button.setToolTip(
            "A fixed number instead of an interval"
            if is_interval
            else "Draw the number from an interval, anew for each seed"
        )


def _middle(low: float, high: float) -> float:
    return float(f"{(low + high) / 2:.6g}")


def _ends_of(value: Any) -> tuple[float, float] | None:  # Any: as in `set_value`
    if isinstance(value, Mapping):
        return float(value["low"]), float(value["high"])
    if hasattr(value, "low") and hasattr(value, "high"):
        return float(value.low), float(value.high)
    return None
