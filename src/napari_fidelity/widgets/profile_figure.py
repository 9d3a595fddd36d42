"""The figure of a line profile: pictures with the line, curves, legend; PNG, SVG or PDF.

After Fig. 4 of "Semi-Synthetic Test Data Generation and Content-aware Image Restoration of
Fluorescent Microscopy Images": the pictures that the curves were taken from stand beside them, and
under each picture the contrast it is shown with.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from qtpy.QtCore import QMarginsF, QPointF, QRectF, QSize, QSizeF, Qt
from qtpy.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPageSize,
    QPaintDevice,
    QPainter,
    QPdfWriter,
    QPen,
    QPolygonF,
)

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.widgets.profile_chart import Chart, Ink, paint_chart, paper_ink
from napari_fidelity.widgets.profile_pictures import Picture

WIDTH = 1000.0
MARGIN, GAP = 18.0, 12.0
LINE_HEIGHT, CHART_HEIGHT = 22.0, 330.0
FONT_PX, SMALL_PX = 16, 13
MOST_COLUMNS, LARGEST_SIDE = 4, 330.0
PNG_SCALE = 3  # 3000 pixels wide: 300 dpi at 25 cm
PAGE_MM = 180.0  # width of a PDF: two columns of a journal
LINE_COLOR = "#ffd400"
RELATIVE = "each curve is drawn from its least to its largest value"


class ProfileFigure:
    """A figure in units of which it is 1000 wide.

    Parameters
    ----------
    pictures : sequence of Picture
        In the order of the curves.
    chart : Chart
        The curves.
    """

    def __init__(self, pictures: Sequence[Picture], chart: Chart) -> None:
        self.pictures, self.chart = tuple(pictures), chart
        count = len(self.pictures)
        self._columns = min(count, MOST_COLUMNS)
        room = WIDTH - 2 * MARGIN - (self._columns - 1) * GAP
        self._side = min(room / self._columns, LARGEST_SIDE)
        self._rows = -(-count // self._columns)
        self._facts = (*chart.profiles.facts, *([RELATIVE] if chart.is_relative else []))
        facts = len(self._facts)
        above = self._rows * (self._side + 2 * LINE_HEIGHT + GAP)
        self.height = 2 * MARGIN + above + LINE_HEIGHT + CHART_HEIGHT + facts * LINE_HEIGHT

    def paint(self, painter: QPainter) -> None:
        """Paint all of it, from (0, 0) to (1000, `height`)."""
        font = QFont("sans-serif")
        font.setStyleHint(QFont.StyleHint.SansSerif)
        font.setPixelSize(FONT_PX)
        ink = paper_ink(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(QRectF(0, 0, WIDTH, self.height), ink.ground)
        for number, picture in enumerate(self.pictures):
            self._paint_picture(painter, number, picture, ink)
        top = MARGIN + self._rows * (self._side + 2 * LINE_HEIGHT + GAP)
        self._paint_legend(painter, top, ink)
        box = QRectF(MARGIN, top + LINE_HEIGHT, WIDTH - 2 * MARGIN, CHART_HEIGHT)
        paint_chart(painter, box, self.chart, ink)
        painter.setFont(_sized(font, SMALL_PX))
        painter.setPen(ink.muted)
        for number, fact in enumerate(self._facts):
            line = QRectF(MARGIN, box.bottom() + number * LINE_HEIGHT, box.width(), LINE_HEIGHT)
            words = f"{fact[:1].upper()}{fact[1:]}."
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, _elide(painter, words, line))

    def _paint_picture(self, painter: QPainter, number: int, picture: Picture, ink: Ink) -> None:
        row, column = divmod(number, self._columns)
        used = self._columns * self._side + (self._columns - 1) * GAP
        left = (WIDTH - used) / 2 + column * (self._side + GAP)
        top = MARGIN + row * (self._side + 2 * LINE_HEIGHT + GAP)
        name = QRectF(left, top, self._side, LINE_HEIGHT)
        painter.setFont(ink.font)
        painter.setPen(ink.text)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, _elide(painter, picture.name, name))
        box = QRectF(left, name.bottom(), self._side, self._side)
        painter.drawImage(box, _to_qimage(picture.pixels))
        places = [QPointF(box.left() + x * self._side, box.top() + y * self._side)
                  for y, x in picture.line]  # fmt: skip
        for color, width in (("#000000", 4.0), (LINE_COLOR, 2.0)):
            painter.setPen(QPen(QColor(color), width, cap=Qt.PenCapStyle.RoundCap))
            painter.drawPolyline(QPolygonF(places))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(LINE_COLOR))
        painter.drawEllipse(places[0], 4.5, 4.5)  # where the distance is 0
        painter.setBrush(Qt.BrushStyle.NoBrush)
        _paint_bar(painter, box, picture.bar, ink)
        below = QRectF(left, box.bottom(), self._side, LINE_HEIGHT)
        painter.setFont(_sized(ink.font, SMALL_PX))
        painter.setPen(ink.muted)
        words = _elide(painter, picture.contrast, below)
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_legend(self, painter: QPainter, top: float, ink: Ink) -> None:
        """Names in one line, each with its stroke; the longest are cut where there is no room."""
        profiles = self.chart.profiles.profiles
        painter.setFont(ink.font)
        metrics = QFontMetricsF(ink.font)
        stroke, between, left = 34.0, 2 * GAP, MARGIN + 60.0
        room = WIDTH - MARGIN - left - len(profiles) * stroke - (len(profiles) - 1) * between
        widths = share_room([metrics.horizontalAdvance(one.name) + 1 for one in profiles], room)
        for number, (profile, width) in enumerate(zip(profiles, widths, strict=True)):
            middle = top + LINE_HEIGHT / 2
            painter.setPen(ink.pen(number))
            painter.drawLine(QPointF(left, middle), QPointF(left + stroke - 8, middle))
            box = QRectF(left + stroke, top, width, LINE_HEIGHT)
            painter.setPen(ink.text)
            words = _elide(painter, profile.name, box)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
            left += stroke + width + between


def share_room(widths: Sequence[float], room: float) -> list[float]:
    """Widths that fit into `room`: only the longest are cut, to one length.

    Examples
    --------
    >>> share_room([10, 90, 50], 100), share_room([10, 20], 100)
    ([10, 45.0, 45.0], [10, 20])
    """
    granted = dict(enumerate(widths))
    left, waiting = room, sorted(granted, key=granted.__getitem__)
    while waiting:
        most = max(left / len(waiting), 0.0)
        granted[waiting[0]] = min(granted[waiting[0]], most)
        left -= granted[waiting.pop(0)]
    return list(granted.values())


def save_figure(figure: ProfileFigure, path: Path) -> Path:
    """Write the figure as its ending says; an older file is replaced only by a whole new one.

    Raises
    ------
    UserError
        Another ending than .png, .svg and .pdf, or a place that cannot be written to.
    """
    writers = {".png": _write_png, ".svg": _write_svg, ".pdf": _write_pdf}
    ending = path.suffix.lower()
    if ending not in writers:
        raise UserError(f"{path.name} ends in neither .png, .svg nor .pdf: choose one of them.")
    with write_atomically(path) as temporary:
        writers[ending](figure, temporary)
    return path


def _write_png(figure: ProfileFigure, path: Path) -> None:
    size = QSize(round(WIDTH * PNG_SCALE), round(figure.height * PNG_SCALE))
    image = QImage(size, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(300 / 0.0254))
    image.setDotsPerMeterY(round(300 / 0.0254))
    painter = QPainter(image)
    painter.scale(PNG_SCALE, PNG_SCALE)
    figure.paint(painter)
    painter.end()
    if not image.save(str(path), "PNG"):
        raise UserError(f"The figure could not be written to {path.parent}: choose another folder.")


def _write_svg(figure: ProfileFigure, path: Path) -> None:
    from qtpy.QtSvg import QSvgGenerator  # a module of its own, wanted only here

    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(round(WIDTH), round(figure.height)))
    generator.setViewBox(QRectF(0, 0, WIDTH, figure.height))
    generator.setTitle("Line profile")
    _paint_on(generator, figure, 1.0)


def _write_pdf(figure: ProfileFigure, path: Path) -> None:
    writer = QPdfWriter(str(path))
    writer.setTitle("Line profile")
    writer.setResolution(300)
    size = QSizeF(PAGE_MM, PAGE_MM * figure.height / WIDTH)
    writer.setPageSize(QPageSize(size, QPageSize.Unit.Millimeter))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    _paint_on(writer, figure, writer.width() / WIDTH)


def _paint_on(device: QPaintDevice, figure: ProfileFigure, scale: float) -> None:
    painter = QPainter(device)
    painter.scale(scale, scale)
    figure.paint(painter)
    painter.end()


def _paint_bar(painter: QPainter, box: QRectF, bar: tuple[float, str], ink: Ink) -> None:
    """A white bar with a dark edge at the lower right: seen on any picture."""
    share, words = bar
    if share <= 0:
        return
    length = share * box.width()
    strip = QRectF(box.right() - 10 - length, box.bottom() - 14, length, 5)
    painter.setPen(QPen(QColor("#000000"), 1))
    painter.setBrush(QColor("#ffffff"))
    painter.drawRect(strip)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setFont(_sized(ink.font, SMALL_PX))
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(words), length)
    label = QRectF(strip.right() - width, strip.top() - LINE_HEIGHT, width, LINE_HEIGHT)
    for color, shift in (("#000000", 1.0), ("#ffffff", 0.0)):
        painter.setPen(QColor(color))
        place = label.translated(shift, shift)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def _sized(font: QFont, size_px: int) -> QFont:
    sized = QFont(font)
    sized.setPixelSize(size_px)
    return sized


def _elide(painter: QPainter, words: str, box: QRectF) -> str:
    metrics = QFontMetricsF(painter.font())
    return metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, box.width())


def _to_qimage(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> QImage:
    height, width, _ = pixels.shape
    whole = np.ascontiguousarray(pixels)
    image = QImage(whole.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()  # owns its pixels
