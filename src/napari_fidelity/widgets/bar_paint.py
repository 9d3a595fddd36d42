"""The parts of a painted bar: track, fill, ticks, captions and the sign of its grade."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from napari_fidelity.widgets.palette import Grade, Palette, mix_colors

if TYPE_CHECKING:
    from napari_fidelity.widgets.score_bars import Bar


def resize_font(font: QFont, points: float) -> QFont:
    """`font`, larger by `points`; fonts given in pixels grow by as many pixels."""
    resized = QFont(font)
    if font.pointSizeF() > 0:
        resized.setPointSizeF(max(6.0, font.pointSizeF() + points))
    else:
        resized.setPixelSize(max(8, round(font.pixelSize() + points)))
    return resized


def paint_track(
    painter: QPainter, track: QRectF, bar: Bar, palette: Palette, color: QColor
) -> None:
    """The line, its filled part, the ideal and the ticks."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.track)
    radius = track.height() / 2
    painter.drawRoundedRect(track, radius, radius)
    if not math.isnan(bar.value):
        _paint_fill(painter, track, bar, color)
        _paint_spread(painter, track, bar, palette)
    _paint_ideal(painter, _x_of(bar.scale.ideal, bar, track), track, palette)
    for mark in bar.marks:
        _paint_tick(painter, _x_of(mark.value, bar, track), track, palette)


def paint_captions(
    painter: QPainter, track: QRectF, below: QRectF, bar: Bar, palette: Palette
) -> None:
    """Words under the ends, the ideal and the ticks; those without room are left to the tooltip."""
    metrics = QFontMetricsF(painter.font())
    taken: list[QRectF] = []
    middle = bar.scale.fraction(bar.scale.ideal)
    wanted = [(0.0, bar.scale.low_words), (1.0, bar.scale.high_words)]
    if 0 < middle < 1:
        wanted.append((middle, "ideal"))
    wanted += [(bar.scale.fraction(mark.value), mark.words) for mark in bar.marks]
    painter.setPen(palette.muted)
    for fraction, words in wanted:
        width = metrics.horizontalAdvance(words)
        left = track.left() + fraction * track.width() - width / 2
        left = min(max(left, track.left()), track.right() - width)
        # A tick close to an end has its words beside those of the end.
        for shift in (0.0, 12.0, 24.0, -12.0, -24.0):
            box = QRectF(left + shift, below.top(), width, metrics.height())
            inside = track.left() <= box.left() and box.right() <= track.right() + 0.5
            if words and inside and not any(_is_close(box, other) for other in taken):
                painter.drawText(box.adjusted(-1, 0, 1, 0), Qt.AlignmentFlag.AlignCenter, words)
                taken.append(box)
                break


def _is_close(box: QRectF, other: QRectF) -> bool:
    return box.adjusted(-6, 0, 6, 0).intersects(other)


def paint_glyph(painter: QPainter, center: QPointF, grade: Grade, palette: Palette) -> None:
    """A sign told by its shape as well as its colour: tick, wave, cross, or an empty ring."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    color = palette.grades[grade]
    if grade == "none":
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(center, 6.0, 6.0)
        painter.restore()
        return
    painter.setBrush(color)
    painter.drawEllipse(center, 7.0, 7.0)
    ink = QColor("#101216") if color.lightnessF() > 0.42 else QColor("#ffffff")
    pen = QPen(ink, 1.9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(center)
    painter.drawPath(_sign(grade))
    painter.restore()


def _sign(grade: Grade) -> QPainterPath:
    path = QPainterPath()
    if grade == "good":
        path.addPolygon(QPolygonF([QPointF(-3, 0.3), QPointF(-0.8, 2.6), QPointF(3.2, -2.4)]))
    elif grade == "fair":
        path.moveTo(-3.6, 0.9)
        path.cubicTo(QPointF(-1.2, -3.2), QPointF(1.2, 3.2), QPointF(3.6, -0.9))
    else:
        for sign in (-1, 1):
            path.moveTo(-2.5, 2.5 * sign)
            path.lineTo(2.5, -2.5 * sign)
    return path


def _x_of(value: float, bar: Bar, track: QRectF) -> float:
    return track.left() + bar.scale.fraction(value) * track.width()


def _paint_fill(painter: QPainter, track: QRectF, bar: Bar, color: QColor) -> None:
    start, end = _x_of(bar.scale.start, bar, track), _x_of(bar.value, bar, track)
    left, width = min(start, end), max(abs(end - start), 3.0)
    clip = QPainterPath()
    radius = track.height() / 2
    clip.addRoundedRect(track, radius, radius)
    painter.save()
    painter.setClipPath(clip)
    painter.fillRect(QRectF(left, track.top(), width, track.height()), color)
    painter.restore()
    painter.setBrush(color)
    painter.setPen(Qt.PenStyle.NoPen)
    if bar.scale.is_beyond(bar.value):
        _paint_arrow(painter, track, bar.value > bar.scale.ideal)


def _paint_arrow(painter: QPainter, track: QRectF, rightwards: bool) -> None:
    x, side = (track.right(), -1.0) if rightwards else (track.left(), 1.0)
    tip, middle = QPointF(x - side * 1, track.center().y()), track.center().y()
    points = [tip, QPointF(x + side * 7, middle - 7), QPointF(x + side * 7, middle + 7)]
    painter.drawPolygon(QPolygonF(points))


def _paint_spread(painter: QPainter, track: QRectF, bar: Bar, palette: Palette) -> None:
    if len(bar.spread) != 2:
        return
    painter.setPen(QPen(palette.text, 1.4))
    y = track.center().y()
    left, right = (_x_of(value, bar, track) for value in bar.spread)
    painter.drawLine(QPointF(left, y), QPointF(right, y))
    for x in (left, right):
        painter.drawLine(QPointF(x, y - 2.5), QPointF(x, y + 2.5))


def _paint_ideal(painter: QPainter, x: float, track: QRectF, palette: Palette) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(palette.text)
    x = min(max(x, track.left() + 1), track.right() - 1)
    top, bottom = track.top() - 3, track.bottom() + 3
    painter.drawRoundedRect(QRectF(x - 1.2, top, 2.4, bottom - top), 1.2, 1.2)


def _paint_tick(painter: QPainter, x: float, track: QRectF, palette: Palette) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mix_colors(palette.text, palette.background, 0.15))
    x = min(max(x, track.left() + 4), track.right() - 4)
    low = track.bottom()
    triangle = [QPointF(x, low - 4), QPointF(x - 3.4, low + 3), QPointF(x + 3.4, low + 3)]
    painter.setPen(QPen(palette.background, 1.0))
    painter.drawPolygon(QPolygonF(triangle))
