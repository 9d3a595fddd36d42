"""A scroll area as high as what is in it, and what stands under it and is never squeezed."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

LEAST_HEIGHT_PX = 120


class FittedScroll(QScrollArea):
    """Scrolls up and down only; what stands under it in a layout stays in sight.

    Parameters
    ----------
    content : QWidget
        What is scrolled.
    """

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setWidget(content)
        content.installEventFilter(self)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """The height of the content at the width that there is."""
        content = self.widget()
        layout = content.layout() if content is not None else None
        if content is None or layout is None:
            return super().sizeHint()
        viewport = self.viewport()
        border = self.height() - viewport.height() if viewport is not None else 0
        width = max(self.width() - border, content.minimumSizeHint().width())
        if layout.hasHeightForWidth():
            least = layout.totalMinimumSize().height()  # never less, whatever the words need
            # and as with a scroll bar beside it: Qt would keep a bar that is not needed any more
            bar = self.verticalScrollBar()
            narrow = width - (bar.sizeHint().width() if bar is not None else 0)
            return QSize(width, max(layout.totalHeightForWidth(narrow), least) + border)
        return QSize(width, layout.totalSizeHint().height() + border)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """A few rows."""
        return QSize(80, LEAST_HEIGHT_PX)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802  # Qt's name
        """Take another height when the content changes."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  # Qt's name
        """Words wrap in another way at another width."""
        super().resizeEvent(event)
        if event is not None and event.oldSize().width() != event.size().width():
            self.updateGeometry()


class FittedFoot(QWidget):
    """Exactly as high as its layout needs at its width, wrapped words included."""

    def event(self, event: QEvent | None) -> bool:
        """Take another height when the content or the width changes."""
        done = bool(super().event(event))
        layout = self.layout()
        kinds = (QEvent.Type.LayoutRequest, QEvent.Type.Resize, QEvent.Type.Show)
        if event is not None and layout is not None and event.type() in kinds:
            wraps = layout.hasHeightForWidth()  # not while no words are shown
            height = (
                layout.totalHeightForWidth(self.width())
                if wraps
                else layout.totalSizeHint().height()
            )
            if height > 0 and height != self.minimumHeight():
                self.setFixedHeight(height)
        return done
