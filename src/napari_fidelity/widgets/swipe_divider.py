"""The line of a swipe: drawn over the canvas, dragged with the mouse, moved with arrow keys."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QLabel, QWidget

WIDTH_PX = 30
STEP, LARGE_STEP = 0.005, 0.05  # shares of the canvas's width
LIGHT, DARK = QColor(255, 255, 255), QColor(0, 0, 0, 150)
CAPTION_STYLE = (
    "background-color: rgba(0, 0, 0, 165); color: white; padding: 3px 7px; border-radius: 3px;"
)
GAP_PX, TOP_PX = 10, 10


class SwipeDivider(QWidget):
    """A vertical line with a handle, between two captions, over the whole height of a canvas.

    Parameters
    ----------
    canvas : QWidget
        Its parent.
    is_drawing : callable
        Whether Esc is needed elsewhere now: for a shape that a person draws.

    Attributes
    ----------
    moved : Signal
        Emitted with the new position, a share of the canvas's width.
    escaped : Signal
        Emitted when Esc is pressed.
    """

    moved = Signal(float)
    escaped = Signal()

    def __init__(self, canvas: QWidget, is_drawing: Callable[[], bool] = lambda: False) -> None:
        super().__init__(canvas)
        self._canvas, self._is_drawing = canvas, is_drawing
        self.position = 0.5
        self._grip = 0
        self.captions = (QLabel(canvas), QLabel(canvas))
        for caption in self.captions:
            caption.setTextFormat(Qt.TextFormat.PlainText)
            caption.setStyleSheet(CAPTION_STYLE)
            caption.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._names = ("", "")
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip("Drag, or press ← and → (with Shift: further); Esc ends the swipe")
        self.setAccessibleName("Swipe line")
        canvas.installEventFilter(self)
        self.place()

    def name_sides(self, left: str, right: str) -> None:
        """Write `left` and `right` at the top of the line; empty names take their caption away."""
        self._names = (left, right)
        self.place()

    def move_to(self, position: float) -> None:
        """Put the line at `position`, 0 at the left and 1 at the right end of the canvas."""
        position = min(1.0, max(0.0, position))
        if position != self.position:
            self.position = position
            self.place()
            self.moved.emit(position)

    def place(self) -> None:
        """Lie where the canvas is, whatever its size has become."""
        width, height = self._canvas.width(), self._canvas.height()
        x = round(self.position * width)
        self.setGeometry(x - WIDTH_PX // 2, 0, WIDTH_PX, height)
        self.raise_()
        self._place_captions(x, width)

    def _place_captions(self, x: int, width: int) -> None:
        for caption, name, side_px, is_left in zip(
            self.captions, self._names, (x, width - x), (True, False), strict=True
        ):
            room = side_px - 2 * GAP_PX - 14
            caption.setVisible(bool(name) and room > 30)
            mode = Qt.TextElideMode.ElideMiddle
            caption.setText(caption.fontMetrics().elidedText(name, mode, max(room, 10)))
            caption.adjustSize()
            corner = x - GAP_PX - caption.width() if is_left else x + GAP_PX
            caption.move(QPoint(corner, TOP_PX))

    def close_divider(self) -> None:
        """Take the line and its captions off the canvas."""
        self._canvas.removeEventFilter(self)
        for widget in (*self.captions, self):
            widget.hide()
            widget.deleteLater()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        """Follow the canvas's size, and take the keys that are pressed in it."""
        if event is None or watched is not self._canvas:
            return False
        if event.type() == QEvent.Type.Resize:
            self.place()
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._meaning(event) is not None:
                event.accept()
                return True
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._obey(event)
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802  # Qt's name
        """Move with the arrow keys, end with Esc."""
        if event is not None and not self._obey(event):
            super().keyPressEvent(event)

    def _obey(self, event: QKeyEvent) -> bool:
        target = self._meaning(event)
        if target is None:
            return False
        if target == "end":
            self.escaped.emit()
        else:
            self.move_to(float(target))
        return True

    def _meaning(self, event: QKeyEvent) -> float | str | None:
        """Where a key moves the line, "end" for Esc, None for any other key."""
        shift = Qt.KeyboardModifier.ShiftModifier
        keypad = Qt.KeyboardModifier.KeypadModifier  # arrow keys of Macs
        modifiers = event.modifiers() & ~keypad
        if modifiers not in (Qt.KeyboardModifier.NoModifier, shift):
            return None
        step = LARGE_STEP if modifiers == shift else STEP
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and modifiers != shift:
            return None if self._is_drawing() else "end"
        targets = {
            Qt.Key.Key_Left: self.position - step,
            Qt.Key.Key_Right: self.position + step,
            Qt.Key.Key_Home: 0.0,
            Qt.Key.Key_End: 1.0,
        }
        return targets.get(key)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Take hold of the line."""
        if event is not None:
            self._grip = round(event.position().x()) - WIDTH_PX // 2
            event.accept()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Let the line follow."""
        if event is not None and event.buttons() & Qt.MouseButton.LeftButton:
            x = self.mapToParent(event.position().toPoint()).x() - self._grip
            self.move_to(x / max(self._canvas.width(), 1))
            event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Back to the middle."""
        if event is not None:
            self.move_to(0.5)
            event.accept()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: ARG002, N802  # Qt's name
        """A light line with dark edges and a round handle with two arrows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, height = WIDTH_PX / 2, float(self.height())
        painter.fillRect(QRectF(middle - 2, 0, 4, height), DARK)
        painter.fillRect(QRectF(middle - 1, 0, 2, height), LIGHT)
        radius = 13.0
        painter.setPen(QPen(DARK, 1.5))
        painter.setBrush(LIGHT)
        painter.drawEllipse(QPointF(middle, height / 2), radius, radius)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(40, 40, 40))
        for sign in (-1, 1):
            tip, base = middle + sign * 9, middle + sign * 4
            corners = [(tip, 0.0), (base, -4.5), (base, 4.5)]
            painter.drawPolygon(QPolygonF([QPointF(x, height / 2 + y) for x, y in corners]))
