"""A name that is cut where it does not fit, instead of widening what it stands in."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget


class NameLabel(QLabel):
    """Text in one line, cut in the middle; the whole of it is the tooltip."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.say(text)

    def say(self, text: str) -> None:
        """Show `text`."""
        self._whole = text
        self.setToolTip(text)
        self._cut()

    def whole_text(self) -> str:
        """The text before it was cut."""
        return self._whole

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: the text is cut."""
        return QSize(20, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  # Qt's name
        """Cut the text to the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = max(self.width() - 16, 20)
        mode = Qt.TextElideMode.ElideMiddle
        self.setText(self.fontMetrics().elidedText(self._whole, mode, room))
