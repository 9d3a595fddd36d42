"""A seed with a die beside it."""

from __future__ import annotations

import secrets

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.form_controls import LARGEST_INT, NarrowSpinBox
from napari_fidelity.widgets.synthesis_settings import DIE_SEEDS, dice_icon


class SeedRow(QWidget):
    """*Seed*, a number, and a die that draws another.

    Parameters
    ----------
    purpose : str
        Tooltip: what the seed decides.
    """

    changed = Signal()

    def __init__(self, purpose: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = NarrowSpinBox()
        self.box.setRange(0, LARGEST_INT)
        self.box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.box.setAccessibleName("Seed")
        self.box.setToolTip(purpose)
        guard_wheel(self.box)
        self.dice = QToolButton()
        self.dice.setAccessibleName("Another seed")
        self.dice.setToolTip("Another seed: another draw of noise and of numbers from a range")
        label = QLabel("Seed")
        label.setBuddy(self.box)
        label.setToolTip(purpose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.box, 1)
        layout.addWidget(self.dice)
        self.dice.clicked.connect(self.roll)
        self.box.valueChanged.connect(lambda _: self.changed.emit())

    def seed(self) -> int:
        """The seed."""
        return self.box.value()

    def set_seed(self, seed: int) -> None:
        """Show `seed`."""
        self.box.setValue(seed)

    def roll(self) -> None:
        """Draw another seed."""
        self.set_seed(secrets.randbelow(DIE_SEEDS))

    def color_icons(self, color: QColor) -> None:
        """Draw the die in the theme's colour of text."""
        self.dice.setIcon(dice_icon(color))
        self.dice.setIconSize(QSize(18, 18))
