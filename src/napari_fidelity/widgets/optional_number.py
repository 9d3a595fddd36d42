"""A number that may be left open: "auto" until somebody types one."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QLocale, QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QSizePolicy, QWidget

from napari_fidelity.widgets.dock_parts import guard_wheel

LARGEST = 1e12
ROOM_PX = 48  # of the buttons


class OptionalNumber(QDoubleSpinBox):
    """A box whose lowest value reads as "auto" and stands for None.

    Parameters
    ----------
    low, high : float
        Bounds of the number.
    is_whole : bool
        Whether only whole numbers are meant.
    open_text : str
        What is shown for None.
    """

    changed = Signal()

    def __init__(
        self,
        low: float = 0.0,
        high: float = LARGEST,
        *,
        is_whole: bool = False,
        open_text: str = "auto",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._is_whole, self._low = is_whole, low
        decimals = 0 if is_whole else 6
        step_below = 10.0**-decimals
        self.setLocale(QLocale(QLocale.Language.C))
        self.setDecimals(decimals)
        self.setRange(low - step_below, high)
        self.setSpecialValueText(open_text)
        self.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setValue(self.minimum())
        guard_wheel(self)
        self.valueChanged.connect(lambda _: self.changed.emit())

    def textFromValue(self, value: float) -> str:  # noqa: N802  # Qt's name
        """The shortest text for `value`."""
        return f"{value:.8g}"

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for its word."""
        width = self.fontMetrics().horizontalAdvance(self.specialValueText())
        return QSize(width + ROOM_PX, super().minimumSizeHint().height())

    def stepBy(self, steps: int) -> None:  # noqa: N802  # Qt's name
        """Go from "auto" to a number near 1, whatever the lowest may be."""
        if self.number() is None:
            if steps > 0:
                self.setValue(min(max(self._low, 1.0), self.maximum()))
        else:
            super().stepBy(steps)

    def number(self) -> float | int | None:
        """The number; None while it is open."""
        if self.value() <= self.minimum():
            return None
        return round(self.value()) if self._is_whole else self.value()

    def set_number(self, number: Any) -> None:  # Any: a number or None
        """Show a number, or leave it open."""
        self.setValue(self.minimum() if number is None else float(number))
