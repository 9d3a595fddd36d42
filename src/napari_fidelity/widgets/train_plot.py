"""The curves of a run in the dock: losses, validation or learning rates, with their legend."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from napari_fidelity.widgets.bar_paint import resize_font
from napari_fidelity.widgets.metric_words import spell_number
from napari_fidelity.widgets.palette import Palette, mix_colors, palette_of_theme
from napari_fidelity.widgets.profile_chart import Ink, paint_pointer, screen_ink
from napari_fidelity.widgets.train_chart import TrainChart, across, paint_train_chart
from napari_fidelity.widgets.train_words import spell_count

CHART_PX = 168
SWATCH_PX = 16
HIDE = "A click hides or shows this curve"


class TrainPlot(QWidget):
    """A chart above its legend; hovering shows the numbers at a step, a click hides a curve.

    Attributes
    ----------
    hidden_changed : Signal
        Emitted with the name of a curve that was hidden or is shown again.
    """

    hidden_changed = Signal(str)

    def __init__(self, palette: Palette | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette = palette or palette_of_theme("dark")
        self._chart: TrainChart | None = None
        self._hidden: set[str] = set()
        self._pointer: float | None = None
        self._field = QRectF()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Curves of the training")

    @property
    def chart(self) -> TrainChart | None:
        """What is shown, hidden curves among it."""
        return self._chart

    def show_chart(self, chart: TrainChart | None) -> None:
        """Show another chart; none leaves an empty place."""
        rows = self._n_rows()
        self._chart = chart
        if rows != self._n_rows():
            self.updateGeometry()
        self.update()

    def toggle(self, name: str) -> None:
        """Hide the curve called `name`, or show it again; the last one stays."""
        if self._chart is None:
            return
        hidden = self._hidden ^ {name}
        if any(line.name not in hidden for line in self._chart.lines):
            self._hidden = hidden
            self.hidden_changed.emit(name)
            self.update()

    def is_hidden(self, name: str) -> bool:
        """Whether a curve is hidden."""
        return name in self._hidden

    def set_palette(self, palette: Palette) -> None:
        """Paint with other colours."""
        self._palette = palette
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for the chart and a row for each curve."""
        return QSize(300, round(CHART_PX + self._n_rows() * self._row_height() + 2))

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As high, narrower."""
        return QSize(180, self.sizeHint().height())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Show the numbers under the pointer."""
        if event is not None:
            inside = self._field.contains(event.position())
            self._pointer = event.position().x() if inside else None
            over = self._name_at(event.position())
            self.setCursor(
                Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            )
            self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Hide or show the curve whose name was clicked."""
        if event is not None and (name := self._name_at(event.position())):
            self.toggle(name)

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802  # Qt's name
        """Show the newest numbers."""
        self._pointer = None
        self.update()
        super().leaveEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Say at a name what a click does."""
        if isinstance(event, QHelpEvent) and self._name_at(QPointF(event.pos())):
            QToolTip.showText(event.globalPos(), HIDE, self)
            return True
        return bool(super().event(event))

    def paintEvent(self, _event: QPaintEvent | None) -> None:  # noqa: N802  # Qt's name
        """Paint chart, pointer and legend."""
        ink = screen_ink(self._palette, resize_font(self.font(), -1.5))
        painter = QPainter(self)
        if self._chart is None:
            painter.setPen(ink.muted)
            box = QRectF(0, 0, self.width(), CHART_PX)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "The curves appear here.")
        else:
            shown = tuple(line for line in self._chart.lines if line.name not in self._hidden)
            chart = self._chart
            drawn = TrainChart(
                shown, chart.title, chart.wants_log, chart.end, chart.best, chart.untouched
            )
            box = QRectF(0, 2, self.width(), CHART_PX - 6)
            self._field = paint_train_chart(painter, box, drawn, ink)
            step = self._paint_pointer(painter, ink)
            for number, name in enumerate(self._rows()):
                self._paint_row(painter, number, name, step, ink)
        painter.end()

    def _paint_pointer(self, painter: QPainter, ink: Ink) -> float | None:
        """The line under the pointer with its step; gives the step."""
        if self._chart is None or self._pointer is None:
            return None
        share = (self._pointer - self._field.left()) / self._field.width()
        step = share * self._chart.end
        x = across(self._field, step, self._chart.end)
        words = f"step {spell_count(round(step))}"
        paint_pointer(painter, self._field, x, words, ink, self._palette.track)
        return step

    def _paint_row(
        self, painter: QPainter, number: int, name: str, step: float | None, ink: Ink
    ) -> None:
        """A curve's stroke, its name, and its number at the pointer or the newest."""
        assert self._chart is not None
        line = next((line for line in self._chart.lines if line.name == name), None)
        height, hidden = self._row_height(), name in self._hidden
        top, left = CHART_PX + number * height, 6 + SWATCH_PX + 7
        middle = top + height / 2
        pen = QPen(ink.muted, 1.2, Qt.PenStyle.DashLine) if line is None else ink.pen(line.pen)
        if hidden:
            pen.setColor(mix_colors(pen.color(), ink.ground, 0.7))
        painter.setPen(pen)
        painter.drawLine(QPointF(6, middle), QPointF(6 + SWATCH_PX, middle))
        value = self._chart.untouched if line is None else line.curve.last
        if line is not None and step is not None and len(line.curve.steps):
            value = float(line.curve.mean[abs(line.curve.steps - step).argmin()])
        painter.setFont(self.font())
        painter.setPen(mix_colors(ink.text, ink.ground, 0.6) if hidden else ink.text)
        box = QRectF(left, top, self.width() - 4 - left, height)
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(box, vertical | Qt.AlignmentFlag.AlignLeft, name)
        if value is not None and not hidden:
            words = spell_number(value)
            painter.drawText(box, vertical | Qt.AlignmentFlag.AlignRight, words)

    def _rows(self) -> list[str]:
        if self._chart is None:
            return []
        names = [line.name for line in self._chart.lines]
        return names + ["untouched input"] * (self._chart.untouched is not None)

    def _name_at(self, position: QPointF) -> str:
        """The curve whose row is at a position; empty elsewhere, and where it is the only one."""
        row = int((position.y() - CHART_PX) // self._row_height())
        lines = () if self._chart is None else self._chart.lines
        return lines[row].name if 0 <= row < len(lines) and len(lines) > 1 else ""

    def _n_rows(self) -> int:
        return len(self._rows())

    def _row_height(self) -> float:
        return QFontMetricsF(self.font()).height() + 3
