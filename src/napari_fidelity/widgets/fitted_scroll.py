"""A scroll area that is as high as what is in it, and scrolls only where there is less room."""

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
        width = max(self.width(), content.minimumSizeHint().width())
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else -1
        return QSize(width, max(height, layout.totalSizeHint().height() if height < 0 else 0))

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
