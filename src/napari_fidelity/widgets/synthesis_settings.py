"""The folded settings of the Synthesize dock: seed with a die, noise, tiles, levels."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QCheckBox, QToolButton, QVBoxLayout, QWidget

from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.forms import ParamsForm

# Fields with a place of their own; the pixel type follows the matched image, the response is found.
ELSEWHERE = ("model", "camera", "levels", "dtype", "response", "precision", "tile_px")
DIE_SEEDS = 100_000  # five digits can be read out and typed again


class SynthesisSettings(QWidget):
    """A form over the operation's settings, and the four intensities when nothing is matched.

    Parameters
    ----------
    params_class, levels_class : type of Params
        The operation's settings, and the stated intensities.
    """

    changed = Signal()

    def __init__(
        self,
        params_class: type[Params],
        levels_class: type[Params],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        fields = [name for name in params_class.model_fields if name not in ELSEWHERE]
        self._params_class = params_class
        self.form = ParamsForm(params_class, fields)
        self.dice = QToolButton()
        self.dice.setAccessibleName("Another seed")
        self.dice.setToolTip("Another seed: same mask, another draw of texture and noise")
        self.dice.clicked.connect(self.roll)
        self.form.add_beside("seed", self.dice)
        self.levels_box = QCheckBox("State the intensity levels")
        self.levels_words = Words("", HINT)
        self.levels_form = ParamsForm(levels_class)
        self._training_levels: dict[str, Any] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self.form, self.levels_box, self.levels_form, self.levels_words):
            layout.addWidget(widget)
        self.form.changed.connect(self.changed)
        self.levels_form.changed.connect(self.changed)
        self.levels_box.toggled.connect(self._on_levels_toggled)
        self.match_to("")

    def params(self, *, model: str, camera: Params | None = None) -> Params:
        """The operation's settings, validated; without a camera the noise is the model's own.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        is_stated = self.levels_box.isEnabled() and self.levels_box.isChecked()
        levels = self.levels_form.params() if is_stated else None
        stated = {} if camera is None else {"camera": camera}
        return self.form.params(model=model, levels=levels, **stated)

    def roll(self) -> None:
        """Draw another seed."""
        self.form.set_values({"seed": secrets.randbelow(DIE_SEEDS)})

    def match_to(self, name: str) -> None:
        """Show where the intensities come from: the layer called `name`, or the levels here."""
        self.levels_box.setEnabled(not name)
        reason = f"Levels are taken from “{name}”." if name else ""
        self.levels_box.setToolTip(
            reason or "Means and spreads of objects and background, instead of the training set's"
        )
        self._show_levels(reason)

    def set_training_levels(self, levels: Mapping[str, float]) -> None:
        """Start the stated levels from those of the model's training set."""
        known = {name: levels[name] for name in self.levels_form.controls if name in levels}
        self._training_levels = known
        if not self.levels_box.isChecked():
            self.levels_form.set_values(known)

    def _on_levels_toggled(self, is_stated: bool) -> None:
        if not is_stated:
            self.levels_form.set_values(self._training_levels)
        self._show_levels("")
        self.changed.emit()

    def _show_levels(self, reason: str) -> None:
        is_stated = self.levels_box.isEnabled() and self.levels_box.isChecked()
        self.levels_form.setVisible(self.levels_box.isEnabled())
        self.levels_form.setEnabled(is_stated)
        self.levels_words.say(reason or ("" if is_stated else "Now: the training set's levels."))

    def color_icons(self, color: QColor) -> None:
        """Draw the die in the theme's colour of text."""
        self.dice.setIcon(dice_icon(color))
        self.dice.setIconSize(QSize(18, 18))


def dice_icon(color: QColor, side_px: int = 54) -> QIcon:
    """A die that shows five, drawn: a glyph would need a font that may be missing."""
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    unit = side_px / 18
    painter.setPen(QPen(color, 1.5 * unit))
    painter.drawRoundedRect(QRectF(2 * unit, 2 * unit, 14 * unit, 14 * unit), 3 * unit, 3 * unit)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for x, y in ((6, 6), (12, 6), (9, 9), (6, 12), (12, 12)):
        painter.drawEllipse(QPointF(x * unit, y * unit), 1.4 * unit, 1.4 * unit)
    painter.end()
    return QIcon(pixmap)
