"""The switch beside *Synthesize*: pressed in, the result follows the brush."""

from __future__ import annotations

import numpy as np
from napari.layers import Labels, Layer
from qtpy.QtCore import QPointF, QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QPushButton, QSizePolicy, QWidget

from napari_fidelity.widgets.layer_frames import full_resolution
from napari_fidelity.widgets.palette import Palette

ON_TIP = "The result follows the mask while you paint; press to stop"
OFF_TIP = "Let the result follow the mask while you paint, erase, fill and undo"
ICON_PX = 12


class LiveSwitch(QPushButton):
    """A button that stays pressed, with a ring that is filled while Live is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Live", parent)
        self.setObjectName("fidelityLive")
        self.setCheckable(True)
        self.setAccessibleName("Live: the result follows the brush")
        self.setIconSize(QSize(ICON_PX, ICON_PX))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._colors: tuple[QColor, QColor, QColor] | None = None
        self.toggled.connect(lambda _on: self._draw())

    def show_state(self, problem: str) -> None:
        """Enable it, or disable it with its reason; one that is on can always be switched off."""
        self.setEnabled(self.isChecked() or not problem)
        self.setToolTip(ON_TIP if self.isChecked() else problem or OFF_TIP)
        self._draw()

    def set_on(self, is_on: bool) -> None:
        """Show it on or off, without telling anybody."""
        self.blockSignals(True)
        self.setChecked(is_on)
        self.blockSignals(False)
        self._draw()

    def follow_palette(self, palette: Palette) -> None:
        """Draw the ring in the theme's colours."""
        self._colors = (palette.text, palette.text, palette.muted)
        self._draw()

    def _draw(self) -> None:
        if self._colors is not None:
            on, off, disabled = self._colors
            color = (on if self.isChecked() else off) if self.isEnabled() else disabled
            self.setIcon(ring_icon(color, is_filled=self.isChecked()))


def ring_icon(color: QColor, *, is_filled: bool, side_px: int = 48) -> QIcon:
    """A ring, with a disk in it when `is_filled`."""
    pixmap = QPixmap(side_px, side_px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle, unit = QPointF(side_px / 2, side_px / 2), side_px / ICON_PX
    painter.setPen(QPen(color, 1.2 * unit))
    painter.drawEllipse(middle, 4.6 * unit, 4.6 * unit)
    if is_filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(middle, 2.6 * unit, 2.6 * unit)
    painter.end()
    return QIcon(pixmap)


def switch_style(palette: Palette) -> str:
    """Style sheet of the switch: outlined when off, filled with the accent when on."""
    accent, text = palette.accent.name(), palette.text.name()
    return f"""
    QPushButton#fidelityLive {{
        background-color: {palette.background.name()}; color: {text}; font-weight: 600;
        padding: 6px 12px; border: 1px solid {palette.outline.name()};
    }}
    QPushButton#fidelityLive:hover {{ border: 1px solid {accent}; }}
    QPushButton#fidelityLive:checked {{
        background-color: {accent}; border: 1px solid {accent};
    }}
    QPushButton#fidelityLive:disabled {{
        background-color: {palette.track.name()}; color: {palette.muted.name()};
        border: 1px solid {palette.track.name()};
    }}
    QPushButton#fidelityLive:focus {{ border: 1px solid {text}; }}
    """


def live_problem(mask: Layer | None) -> str:
    """Why Live cannot follow `mask`, for a person; empty when it can."""
    if mask is None:
        return "Live follows a mask: choose one, or make one and paint."
    if not isinstance(mask, Labels):
        return f"Live follows a Labels layer; “{mask.name}” is none."
    if getattr(mask, "multiscale", False):
        return f"Live follows labels in memory; “{mask.name}” is a pyramid of several scales."
    if not isinstance(full_resolution(mask), np.ndarray):
        return f"Live follows labels in memory; those of “{mask.name}” are read when needed."
    return ""
