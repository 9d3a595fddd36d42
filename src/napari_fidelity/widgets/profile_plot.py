"""The chart of profiles in a dock, with a legend that tells the values under the pointer."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

from napari_fidelity.widgets.bar_paint import resize_font
from napari_fidelity.widgets.palette import Palette, palette_of_theme
from napari_fidelity.widgets.profile_chart import (
    Chart,
    Ink,
    paint_chart,
    paint_pointer,
    screen_ink,
    spell_tick,
)

CHART_PX = 210
SWATCH_PX = 18


class ProfilePlot(QWidget):
    """A chart above its legend; hovering shows distance and values."""

    def __init__(self, palette: Palette | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette or palette_of_theme("dark")
        self._chart: Chart | None = None
        self._pointer: float | None = None
        self._field = QRectF()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Line profile")

    @property
    def chart(self) -> Chart | None:
        """What is shown."""
        return self._chart

    def show_chart(self, chart: Chart | None) -> None:
        """Show another chart; none leaves an empty place."""
        rows = self._n_rows()
        self._chart = chart
        if rows != self._n_rows():
            self.updateGeometry()
        self.update()

    def set_palette(self, palette: Palette) -> None:
        """Paint with other colours."""
        self._palette = palette
        self.update()

    def distance_at(self, position: QPointF) -> float | None:
        """The distance along the line under a position of the widget; None outside."""
        if self._chart is None or not self._field.contains(position):
            return None
        share = (position.x() - self._field.left()) / self._field.width()
        return share * float(self._chart.profiles.distances[-1])

    def point_at(self, distance: float | None) -> None:
        """Show the values at a distance; None: no values."""
        self._pointer = distance
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for the chart and a row for each layer."""
        return QSize(300, round(CHART_PX + self._n_rows() * self._row_height()))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As high, narrower."""
        return QSize(180, self.sizeHint().height())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Show the values under the pointer."""
        if event is not None:
            self.point_at(self.distance_at(event.position()))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802  # Qt's name
        """Show no values."""
        self.point_at(None)
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802  # Qt's name
        """Paint chart, pointer and legend."""
        if self._chart is None:
            return
        ink = screen_ink(self._palette, resize_font(self.font(), -1.5))
        painter = QPainter(self)
        self._field = paint_chart(
            painter, QRectF(0, 2, self.width(), CHART_PX - 8), self._chart, ink
        )
        self._paint_pointer(painter, ink)
        for number in range(len(self._chart.profiles.profiles)):
            self._paint_row(painter, number, ink)
        painter.end()

    def _paint_pointer(self, painter: QPainter, ink: Ink) -> None:
        if self._chart is None or self._pointer is None:
            return
        distances, unit = self._chart.profiles.distances, self._chart.profiles.unit
        here = float(distances[self._chart.index_at(self._pointer)])
        x = self._field.left() + here / float(distances[-1]) * self._field.width()
        words = f"{spell_tick(float(f'{here:.4g}'))} {unit}"
        paint_pointer(painter, self._field, x, words, ink, self._palette.track)

    def _paint_row(self, painter: QPainter, number: int, ink: Ink) -> None:
        """A curve's stroke, its layer's name, and its value under the pointer."""
        assert self._chart is not None
        profile, metrics = self._chart.profiles.profiles[number], QFontMetricsF(self.font())
        height = self._row_height()
        top = CHART_PX + number * height
        painter.setFont(self.font())
        painter.setPen(ink.pen(number))
        middle = top + height / 2
        painter.drawLine(QPointF(4, middle), QPointF(4 + SWATCH_PX, middle))
        value = ""
        if self._pointer is not None:
            here = profile.values[self._chart.index_at(self._pointer)]
            value = spell_tick(float(f"{here:.4g}"))
        right = self.width() - 4 - metrics.horizontalAdvance(value)
        left = 4 + SWATCH_PX + 7
        painter.setPen(ink.text)
        name = metrics.elidedText(
            profile.name, Qt.TextElideMode.ElideMiddle, right - left - 8 if value else right - left
        )
        box = QRectF(left, top, self.width() - 4 - left, height)
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, value)

    def _n_rows(self) -> int:
        return 0 if self._chart is None else len(self._chart.profiles.profiles)

    def _row_height(self) -> float:
        return QFontMetricsF(self.font()).height() + 3
