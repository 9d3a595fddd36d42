"""The window in which a check shows what it found: patches as a picture, numbers in words."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase, QPixmap
from qtpy.QtWidgets import QDialog, QLabel, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, Words

WIDEST_PX = 1000
SHEET = "Patches as the network gets them: inputs above, their targets below"


class CheckWindow(QDialog):
    """A window beside napari's that does not block it.

    Parameters
    ----------
    words : str
        What was found.
    picture : Path
        A contact sheet of patches; left out where there is none.
    parent : QWidget, optional
        The dock: gives the style, and closes it.
    """

    def __init__(self, words: str, picture: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Before the training")
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.text = QPlainTextEdit(words)
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        pixmap = QPixmap(str(picture)) if picture.is_file() else QPixmap()
        if not pixmap.isNull():
            layout.addWidget(Words(SHEET, CAPTION))
            self.picture.setPixmap(_fitted(pixmap))
            area = QScrollArea()
            area.setWidget(self.picture)
            layout.addWidget(area, 3)
        layout.addWidget(self.text, 2)
        shown = self.picture.pixmap()
        width = max(shown.width() + 48, 620)
        self.resize(width, min(shown.height() + 320, 800) if not pixmap.isNull() else 340)


def _fitted(pixmap: QPixmap) -> QPixmap:
    """The picture, not wider than fits on the screen of a laptop."""
    if pixmap.width() <= WIDEST_PX:
        return pixmap
    return pixmap.scaledToWidth(WIDEST_PX, Qt.TransformationMode.SmoothTransformation)


def open_check(words: str, picture: Path, parent: QWidget) -> CheckWindow:
    """A window, shown; older ones of `parent` are closed."""
    for older in parent.findChildren(CheckWindow):
        older.close()
    window = CheckWindow(words, picture, parent)
    window.show()
    window.raise_()
    return window
