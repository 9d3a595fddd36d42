"""Curves of a run as a chart: steps along, a linear or logarithmic axis up, painted by Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from napari_fidelity.widgets.profile_chart import Ink, round_ticks, spell_tick
from napari_fidelity.widgets.train_history import Curve, Floats

DECADES = 0.35  # a span of fewer powers of ten is clearer on a linear axis
BAND_ALPHA = 52
FEW = 40  # so many points are marked each


@dataclass(frozen=True, eq=False)
class Line:
    """A curve of a chart.

    Parameters
    ----------
    name : str
        In the legend.
    curve : Curve
        What is drawn.
    pen : int
        Its colour, which it keeps while others are hidden.
    """

    name: str
    curve: Curve
    pen: int


@dataclass(frozen=True, eq=False)
class TrainChart:
    """What is drawn.

    Parameters
    ----------
    lines : tuple of Line
        The curves.
    title : str
        Of the vertical axis.
    wants_log : bool
        A logarithmic axis where all numbers are positive.
    end : float
        The last step of the axis.
    best : (float, float) or None
        Step and height of the best checkpoint.
    untouched : float or None
        What the input itself scores.
    """

    lines: tuple[Line, ...]
    title: str
    wants_log: bool = False
    end: float = 1.0
    best: tuple[float, float] | None = None
    untouched: float | None = None

    def heights(self) -> Floats:
        """All finite numbers that the axis must hold."""
        some = [part for line in self.lines for part in _bounds(line.curve)]
        marks = [self.untouched, self.best[1] if self.best else None]
        some.append(np.array([mark for mark in marks if mark is not None]))
        whole = np.concatenate(some)
        finite: Floats = whole[np.isfinite(whole)]
        return finite


@dataclass(frozen=True)
class Axis:
    """The vertical axis: from where to where, and how.

    Examples
    --------
    >>> [round(Axis(0.01, 1.0, is_log=True).share(value), 2) for value in (0.01, 0.1, 1.0)]
    [0.0, 0.5, 1.0]
    """

    low: float
    high: float
    is_log: bool = False

    def share(self, value: float) -> float:
        """Where a number lies, from 0 at the bottom to 1 at the top."""
        low, high = self._scaled(self.low), self._scaled(self.high)
        return (self._scaled(value) - low) / (high - low)

    def shares(self, values: Floats) -> Floats:
        """As `share`, for many; NaN where a number has no place."""
        if not self.is_log:
            scaled: Floats = (values - self.low) / (self.high - self.low)
            return scaled
        low, high = math.log10(self.low), math.log10(self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs: Floats = (np.log10(values) - low) / (high - low)
        return logs

    def ticks(self, count: int) -> list[float]:
        """Round numbers to write beside it."""
        if not self.is_log:
            return round_ticks(self.low, self.high, count)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for factors in ((1, 2, 5), (1, 3), (1,)):
            ticks = [factor * 10.0**power for power in range(first, last) for factor in factors]
            ticks = [tick for tick in ticks if self.low <= tick <= self.high]
            if len(ticks) <= count:
                break
        every = -(-len(ticks) // max(count, 1))
        return ticks[:: max(every, 1)]

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def axis_of(chart: TrainChart) -> Axis:
    """The axis that suits the numbers: a few outliers of a long run do not stretch it.

    Examples
    --------
    >>> steps, values = np.arange(3.0), np.array([1.0, 0.1, 0.01])
    >>> curve = Curve("loss_g", steps, values, values, values, 0.01)
    >>> axis_of(TrainChart((Line("g", curve, 0),), "loss", wants_log=True)).is_log
    True
    """
    heights = chart.heights()
    if heights.size == 0:
        return Axis(0.0, 1.0)
    low, high = float(heights.min()), float(heights.max())
    if chart.wants_log and low > 0 and math.log10(high / low) > DECADES:
        room = (high / low) ** 0.05
        return Axis(low / room, high * room, is_log=True)
    if heights.size > 4 * FEW:
        low, high = (float(limit) for limit in np.percentile(heights, (0.2, 99.8)))
    room = 0.06 * (high - low) or max(abs(high) * 0.1, 0.5)
    return Axis(low - room, high + room)


def paint_train_chart(painter: QPainter, box: QRectF, chart: TrainChart, ink: Ink) -> QRectF:
    """Paint axes and curves into `box`; the rectangle that the curves lie in."""
    painter.save()
    painter.setFont(ink.font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    axis, height = axis_of(chart), QFontMetricsF(ink.font).height()
    ticks = axis.ticks(max(2, int(box.height() / (2.4 * height))))
    field = _field_of(box, [_spell(tick) for tick in ticks], ink)
    _paint_up(painter, field, box, ticks, axis, ink)
    _paint_along(painter, field, chart.end, ink)
    painter.setClipRect(field.adjusted(-4, -4, 4, 4), Qt.ClipOperation.IntersectClip)
    if chart.untouched is not None:
        _paint_untouched(painter, field, axis, chart.untouched, ink)
    for line in chart.lines:
        _paint_line(painter, field, axis, chart.end, line, ink)
    if chart.best is not None:
        _paint_best(painter, field, axis, chart, ink)
    painter.restore()
    return field


def across(field: QRectF, step: float, end: float) -> float:
    """Where a step lies in the field."""
    return float(field.left() + step / max(end, 1.0) * field.width())


def _bounds(curve: Curve) -> tuple[Floats, Floats]:
    """What must be seen: of a long curve the means, and near all of its range."""
    return curve.low, curve.high


def _spell(value: float) -> str:
    return spell_tick(float(f"{value:.4g}"))


def _field_of(box: QRectF, words: Sequence[str], ink: Ink) -> QRectF:
    metrics = QFontMetricsF(ink.font)
    widest = max((metrics.horizontalAdvance(word) for word in words), default=0.0)
    return box.adjusted(widest + 8, metrics.height() / 2 + 1, -8, -(metrics.height() + 7))


def _paint_up(
    painter: QPainter, field: QRectF, box: QRectF, ticks: Sequence[float], axis: Axis, ink: Ink
) -> None:
    height = QFontMetricsF(ink.font).height()
    for tick in ticks:
        y = field.bottom() - axis.share(tick) * field.height()
        painter.setPen(QPen(ink.grid, 1))
        painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        painter.setPen(ink.muted)
        word = QRectF(box.left(), y - height / 2, field.left() - 5 - box.left(), height)
        painter.drawText(word, Qt.AlignmentFlag.AlignRight, _spell(tick))


def _paint_along(painter: QPainter, field: QRectF, end: float, ink: Ink) -> None:
    metrics = QFontMetricsF(ink.font)
    painter.setPen(QPen(ink.muted, 1))
    painter.drawLine(field.bottomLeft(), field.bottomRight())
    room, title = metrics.horizontalAdvance("000000"), "step"
    last = field.right() - metrics.horizontalAdvance(title) - 4
    for tick in round_ticks(0.0, max(end, 1.0), max(2, int(field.width() / room / 1.4))):
        if tick != round(tick):
            continue
        x = across(field, tick, end)
        painter.drawLine(QPointF(x, field.bottom()), QPointF(x, field.bottom() + 4))
        if x + metrics.horizontalAdvance(spell_tick(tick)) / 2 < last:
            word = QRectF(x - room, field.bottom() + 4, 2 * room, metrics.height())
            painter.drawText(word, Qt.AlignmentFlag.AlignHCenter, spell_tick(tick))
    word = QRectF(field.left(), field.bottom() + 4, field.width(), metrics.height())
    painter.drawText(word, Qt.AlignmentFlag.AlignRight, title)


def _paint_line(
    painter: QPainter, field: QRectF, axis: Axis, end: float, line: Line, ink: Ink
) -> None:
    curve, pen = line.curve, ink.pen(line.pen)
    along = field.left() + curve.steps / max(end, 1.0) * field.width()
    up = field.bottom() - axis.shares(curve.mean) * field.height()
    if curve.low is not curve.mean:
        _paint_band(painter, field, axis, along, curve, pen.color())
    painter.setBrush(Qt.BrushStyle.NoBrush)
    known = np.flatnonzero(np.isfinite(up) & np.isfinite(along))
    painter.setPen(pen)
    for run in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        painter.drawPolyline(_polygon(along[run], up[run]))
    if len(known) <= FEW and known.size:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        for place in known:
            painter.drawEllipse(QPointF(along[place], up[place]), 2.2, 2.2)


def _paint_band(
    painter: QPainter, field: QRectF, axis: Axis, along: Floats, curve: Curve, color: QColor
) -> None:
    """The range of each stretch, faint behind its mean."""
    low, high = (
        field.bottom() - axis.shares(part) * field.height() for part in (curve.low, curve.high)
    )
    known = np.isfinite(low) & np.isfinite(high)
    if not known.any():
        return
    faint = QColor(color)
    faint.setAlpha(BAND_ALPHA)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint)
    there, low, high = along[known], low[known], high[known]
    painter.drawPolygon(
        _polygon(np.concatenate([there, there[::-1]]), np.concatenate([low, high[::-1]]))
    )


def _paint_untouched(painter: QPainter, field: QRectF, axis: Axis, value: float, ink: Ink) -> None:
    y = field.bottom() - axis.share(value) * field.height()
    painter.setPen(QPen(ink.muted, 1.2, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))


def _paint_best(painter: QPainter, field: QRectF, axis: Axis, chart: TrainChart, ink: Ink) -> None:
    """A ring around the best checkpoint, on a thin line down to its step."""
    assert chart.best is not None
    x = across(field, chart.best[0], chart.end)
    y = field.bottom() - axis.share(chart.best[1]) * field.height()
    painter.setPen(QPen(ink.muted, 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, y), QPointF(x, field.bottom()))
    painter.setPen(QPen(ink.text, 1.6))
    painter.setBrush(ink.ground)
    painter.drawEllipse(QPointF(x, y), 4.0, 4.0)


def _polygon(xs: Floats, ys: Floats) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])
