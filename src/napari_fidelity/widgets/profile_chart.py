"""Profiles as a chart: axes with round numbers, one colour for each layer, painted by Qt.

The same paint function serves the dock and the saved figure, so that they agree and no plotting
library is needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from napari_fidelity.operations.line_profile import LineProfiles, Profile
from napari_fidelity.operations.line_sampling import Floats
from napari_fidelity.widgets.palette import Palette, mix_colors

# Okabe and Ito (2008): told apart by all eyes; the light ones for dark grounds.
ON_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#A07800", "#2A9FD6", "#333333")
ON_DARK = ("#56B4E9", "#F58B3C", "#1FC79A", "#E08CC0", "#F0E442", "#9AD4F5", "#D8D8D8")
DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine)
INTENSITY, RELATIVE = "intensity", "relative intensity"


@dataclass(frozen=True)
class Ink:
    """Colours and sizes of a chart.

    Parameters
    ----------
    text, muted, grid, ground : QColor
        Numbers, titles of axes, lines behind, and what is behind everything.
    curves : tuple of str
        Colours of the curves, in turn.
    font : QFont
        Of everything; sizes follow it.
    line_width : float
        Of a curve.
    """

    text: QColor
    muted: QColor
    grid: QColor
    ground: QColor
    curves: tuple[str, ...]
    font: QFont
    line_width: float = 1.6

    def pen(self, number: int) -> QPen:
        """The pen of a curve: after all colours the dashes change."""
        color = QColor(self.curves[number % len(self.curves)])
        dash = DASHES[number // len(self.curves) % len(DASHES)]
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        return QPen(color, self.line_width, dash, cap, join)


def screen_ink(palette: Palette, font: QFont) -> Ink:
    """The colours of a chart in a dock."""
    is_dark = palette.background.lightness() < 128
    grid = mix_colors(palette.background, palette.text, 0.16)
    curves = ON_DARK if is_dark else ON_LIGHT
    return Ink(palette.text, palette.muted, grid, palette.background, curves, font)


def paper_ink(font: QFont) -> Ink:
    """The colours of a chart on paper."""
    return Ink(
        text=QColor("#1a1a1a"),
        muted=QColor("#4d4d4d"),
        grid=QColor("#e2e2e2"),
        ground=QColor("#ffffff"),
        curves=ON_LIGHT,
        font=font,
        line_width=2.0,
    )


@dataclass(frozen=True, eq=False)
class Chart:
    """What is drawn.

    Parameters
    ----------
    profiles : LineProfiles
        The curves.
    is_relative : bool
        Whether each is drawn from its least to its largest value; the values stay as they are.
    """

    profiles: LineProfiles
    is_relative: bool = False

    def heights(self, profile: Profile) -> Floats:
        """The values as they are drawn."""
        values = profile.values
        finite = values[np.isfinite(values)]
        if not self.is_relative or finite.size == 0:
            return values
        low, high = finite.min(), finite.max()
        scaled: Floats = (values - low) / ((high - low) or 1.0)
        return scaled

    def span(self) -> tuple[float, float]:
        """Lowest and highest end of the vertical axis."""
        curves = [self.heights(profile) for profile in self.profiles.profiles]
        whole = np.concatenate(curves) if curves else np.zeros(0)
        finite = whole[np.isfinite(whole)]
        if finite.size == 0:
            return 0.0, 1.0
        low, high = float(finite.min()), float(finite.max())
        room = 0.04 * (high - low) or max(abs(high) * 0.1, 0.5)
        return low - room, high + room

    def index_at(self, distance: float) -> int:
        """The sample next to a distance."""
        return int(np.abs(self.profiles.distances - distance).argmin())


def round_ticks(low: float, high: float, count: int) -> list[float]:
    """At most about `count` round numbers from `low` to `high`.

    Examples
    --------
    >>> round_ticks(0, 9.3, 5), round_ticks(-0.04, 1.04, 5)
    ([0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / rough)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def spell_tick(value: float) -> str:
    """A number of an axis: "1500", "0.25", "2e+06" with a proper minus."""
    return f"{value:.6g}".replace("-", "−")


def paint_chart(painter: QPainter, box: QRectF, chart: Chart, ink: Ink) -> QRectF:
    """Paint axes and curves into `box`; the rectangle that the curves lie in."""
    painter.save()
    painter.setFont(ink.font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    height = QFontMetricsF(ink.font).height()
    low, high = chart.span()
    ticks = round_ticks(low, high, max(2, int(box.height() / (2.6 * height))))
    field = _field_of(box, [spell_tick(tick) for tick in ticks], ink)
    _paint_vertical(painter, field, box, ticks, (low, high), chart, ink)
    _paint_horizontal(painter, field, box, chart, ink)
    painter.setClipRect(field.adjusted(-1, -1, 1, 1), Qt.ClipOperation.IntersectClip)
    for number, profile in enumerate(chart.profiles.profiles):
        painter.setPen(ink.pen(number))
        for line in _curve(chart, profile, field, (low, high)):
            painter.drawPolyline(line)
    painter.restore()
    return field


def paint_pointer(
    painter: QPainter, field: QRectF, x: float, words: str, ink: Ink, ground: QColor
) -> None:
    """A dotted line through a chart's field at `x`, with words on `ground` at its top."""
    painter.setPen(QPen(ink.text, 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
    painter.setFont(ink.font)
    metrics = QFontMetricsF(ink.font)
    width = metrics.horizontalAdvance(words) + 8
    left = min(max(x - width / 2, field.left()), field.right() - width)
    tag = QRectF(left, field.top(), width, metrics.height() + 2)
    painter.fillRect(tag, ground)
    painter.setPen(ink.text)
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, words)


def thin_out(values: Floats, most: int) -> npt.NDArray[np.intp]:
    """Indices of about `most` values at most that draw the same curve: the ends of each stretch.

    Examples
    --------
    >>> thin_out(np.array([0.0, 5, 1, 2, 9, 3]), most=4)
    array([0, 1, 3, 4])
    """
    if len(values) <= most:
        return np.arange(len(values))
    stretch = -(-len(values) // max(most // 2, 1))
    starts = np.arange(0, len(values), stretch)
    padded = np.pad(values, (0, len(starts) * stretch - len(values)), mode="edge")
    rows = padded.reshape(len(starts), stretch)
    low = np.where(np.isfinite(rows), rows, np.inf).argmin(axis=1)
    high = np.where(np.isfinite(rows), rows, -np.inf).argmax(axis=1)
    both = np.unique(np.concatenate([starts + low, starts + high]))
    return both[both < len(values)]


def _field_of(box: QRectF, words: Sequence[str], ink: Ink) -> QRectF:
    metrics = QFontMetricsF(ink.font)
    height = metrics.height()
    widest = max((metrics.horizontalAdvance(word) for word in words), default=0.0)
    left = height * 1.35 + widest + 5
    right = max(6.0, metrics.horizontalAdvance("00") / 2)
    return box.adjusted(left, height / 2, -right, -(2.35 * height + 2))


def _paint_vertical(
    painter: QPainter,
    field: QRectF,
    box: QRectF,
    ticks: Sequence[float],
    span: tuple[float, float],
    chart: Chart,
    ink: Ink,
) -> None:
    metrics = QFontMetricsF(ink.font)
    height = metrics.height()
    for tick in ticks:
        y = field.bottom() - (tick - span[0]) / (span[1] - span[0]) * field.height()
        painter.setPen(QPen(ink.grid, 1))
        painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        painter.setPen(ink.muted)
        word = QRectF(box.left(), y - height / 2, field.left() - 5 - box.left(), height)
        painter.drawText(word, Qt.AlignmentFlag.AlignRight, spell_tick(tick))
    painter.save()
    painter.setPen(ink.muted)
    painter.translate(box.left(), field.bottom())
    painter.rotate(-90)
    title = RELATIVE if chart.is_relative else INTENSITY
    title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, field.height())
    strip = QRectF(0, 0, field.height(), height)
    painter.drawText(strip, Qt.AlignmentFlag.AlignCenter, title)
    painter.restore()


def _paint_horizontal(
    painter: QPainter, field: QRectF, box: QRectF, chart: Chart, ink: Ink
) -> None:
    metrics, end = QFontMetricsF(ink.font), float(chart.profiles.distances[-1])
    height = metrics.height()
    painter.setPen(QPen(ink.muted, 1))
    painter.drawLine(field.bottomLeft(), field.bottomRight())
    room = metrics.horizontalAdvance("0000.00")
    for tick in round_ticks(0.0, end, max(2, int(field.width() / room / 1.2))):
        x = field.left() + tick / end * field.width()
        painter.setPen(QPen(ink.muted, 1))
        painter.drawLine(QPointF(x, field.bottom()), QPointF(x, field.bottom() + 4))
        word = QRectF(x - room, field.bottom() + 4, 2 * room, height)
        painter.drawText(word, Qt.AlignmentFlag.AlignHCenter, spell_tick(tick))
    title = QRectF(field.left(), box.bottom() - height - 1, field.width(), height)
    painter.setPen(ink.muted)
    words = f"distance along the line [{chart.profiles.unit}]"
    painter.drawText(title, Qt.AlignmentFlag.AlignCenter, words)


def _curve(
    chart: Chart, profile: Profile, field: QRectF, span: tuple[float, float]
) -> list[QPolygonF]:
    """The curve, interrupted where there are no values."""
    values, distances = chart.heights(profile), chart.profiles.distances
    kept = thin_out(values, most=round(4 * field.width()))
    values = values[kept]
    across = field.left() + distances[kept] / distances[-1] * field.width()
    up = field.bottom() - (values - span[0]) / (span[1] - span[0]) * field.height()
    known = np.flatnonzero(np.isfinite(up))
    if known.size == 0:
        return []
    runs = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    points = zip(across.tolist(), up.tolist(), strict=True)
    places = [QPointF(x, y) if math.isfinite(y) else QPointF() for x, y in points]
    return [QPolygonF(places[run[0] : run[-1] + 1]) for run in runs]
