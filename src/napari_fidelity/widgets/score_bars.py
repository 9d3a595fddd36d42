"""One score as a painted bar: name, number, a word, the ideal, and marks to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_fidelity.widgets.bar_paint import (
    paint_captions,
    paint_glyph,
    paint_track,
    resize_font,
)
from napari_fidelity.widgets.bar_scale import BarScale
from napari_fidelity.widgets.palette import Grade, Palette, palette_of_theme


@dataclass(frozen=True)
class Mark:
    """A value to compare with: drawn as a tick.

    Parameters
    ----------
    value : float
        Where it stands on the scale.
    words : str
        One or two words under the tick.
    tooltip : str
        What it is and why it matters.
    """

    value: float
    words: str
    tooltip: str


@dataclass(frozen=True)
class Bar:
    """What a `ScoreBar` shows.

    Parameters
    ----------
    title : str
        "Signal", "Noise", "Blur".
    value : float
        The score; NaN where there is none.
    scale : BarScale
        Where values stand.
    grade : {"good", "fair", "poor", "none"}
        Colour and sign.
    words : str
        The grade in words: "faithful", "too smooth", or why there is no number.
    tooltip : str
        Definition, range, direction.
    marks : tuple of Mark
        Ticks.
    spread : tuple of float
        Smallest and largest value over planes; empty: one plane.
    """

    title: str
    value: float
    scale: BarScale
    grade: Grade
    words: str
    tooltip: str
    marks: tuple[Mark, ...] = ()
    spread: tuple[float, ...] = ()

    @property
    def number(self) -> str:
        """The value as it is shown.

        Examples
        --------
        >>> Bar("Signal", -0.1234, BarScale(0, 1, 1, 0), "poor", "", "").number
        '−0.12'
        """
        if math.isnan(self.value):
            return "–"
        digits = 2 if abs(self.value) < 10 else 1
        return format_number(self.value, digits)


def format_number(value: float, digits: int) -> str:
    """`value` with `digits` decimals, a proper minus sign and ∞ for infinity."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.{digits}f}".replace("-", "−") if round(value, digits) else f"{0:.{digits}f}"


class ScoreBar(QWidget):
    """A bar with its number; hovering tells the definition, or what a tick is."""

    def __init__(self, bar: Bar, palette: Palette | None = None, parent: QWidget | None = None):
        super().__init__(parent)
        self._palette = palette or palette_of_theme("dark")
        self._pale = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.set_bar(bar)

    @property
    def bar(self) -> Bar:
        """What is shown."""
        return self._bar

    def set_bar(self, bar: Bar) -> None:
        """Show another bar."""
        self._bar = bar
        self.setAccessibleName(f"{bar.title} {bar.number}: {bar.words}")
        self.setAccessibleDescription(bar.tooltip)
        self.update()

    def set_palette(self, palette: Palette) -> None:
        """Paint with other colours."""
        self._palette = palette
        self.update()

    def set_pale(self, pale: bool) -> None:
        """Paint without the grade's colour: the number is out of date."""
        self._pale = pale
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for the title line, the track and the captions."""
        return QSize(260, round(self._title_height() + self._track_height() + self._small_height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As high as `sizeHint`, down to 180 px wide."""
        return QSize(180, self.sizeHint().height())

    def tooltip_at(self, position: QPointF) -> str:
        """The tooltip of the tick within 6 px, else of the whole bar."""
        track = self._track()
        if track.top() - 4 <= position.y():
            near = [
                (
                    abs(
                        track.left()
                        + self._bar.scale.fraction(mark.value) * track.width()
                        - position.x()
                    ),
                    mark,
                )
                for mark in self._bar.marks
            ]
            distance, mark = min(near, key=lambda pair: pair[0], default=(math.inf, None))
            if mark is not None and distance <= 6:
                return mark.tooltip
        return self._bar.tooltip

    def event(self, event: QEvent | None) -> bool:
        """Show the tooltip of what lies under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.tooltip_at(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802  # Qt's name
        """Paint title, number, track, ticks and captions."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._pale:
            painter.setOpacity(0.55)
        grade: Grade = "none" if self._pale else self._bar.grade
        self._paint_title(painter, grade)
        track = self._track()
        paint_track(painter, track, self._bar, self._palette, self._palette.grades[grade])
        painter.setFont(resize_font(self.font(), -1.5))
        below = QRectF(0, track.bottom() + 3, self.width(), self._small_height())
        paint_captions(painter, track, below, self._bar, self._palette)
        painter.end()

    def _paint_title(self, painter: QPainter, grade: Grade) -> None:
        height, middle = self._title_height(), Qt.AlignmentFlag.AlignVCenter
        paint_glyph(painter, QPointF(8, height / 2), grade, self._palette)
        bold = QFont(self.font())
        bold.setBold(True)
        number = "" if math.isnan(self._bar.value) else self._bar.number
        large = resize_font(bold, 1.0)
        end = self.width() - 2 - QFontMetricsF(large).horizontalAdvance(number)
        painter.setPen(self._palette.text)
        painter.setFont(large)
        painter.drawText(QRectF(end - 1, 0, self.width(), height), middle, number)
        left = 22.0
        for text, font in ((self._bar.title, bold), (self._bar.words, self.font())):
            painter.setFont(font)
            metrics, room = QFontMetricsF(font), end - 6 - left
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, 0, room, height), middle, shown)
            left += metrics.horizontalAdvance(text) + 7

    def _title_height(self) -> float:
        return QFontMetricsF(resize_font(self.font(), 1.0)).height() + 3

    def _small_height(self) -> float:
        return QFontMetricsF(resize_font(self.font(), -1.5)).height() + 7

    def _track_height(self) -> float:
        return 14.0

    def _track(self) -> QRectF:
        return QRectF(2, self._title_height() + 4, self.width() - 4, self._track_height() - 6)
