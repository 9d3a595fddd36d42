"""The window behind *Details…*: what failed, with the traceback, to read and to copy."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QFontDatabase
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)


class FailureWindow(QDialog):
    """A window beside napari's that does not block it.

    Parameters
    ----------
    sentence : str
        What the dock says.
    details : str
        Versions and traceback.
    parent : QWidget, optional
        The dock: gives the style, and closes it.
    """

    def __init__(self, sentence: str, details: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("What went wrong")
        self.sentence = QLabel(sentence)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setWordWrap(True)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.note = QLabel("Copy this into a report: it holds no image data.")
        self.copy_button = QPushButton("Copy")
        self.copy_button.clicked.connect(self.copy)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.close)
        self._lay_out()

    def copy(self) -> None:
        """Put the sentence and the details on the clipboard."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(f"{self.sentence.text()}\n\n{self.details.toPlainText()}\n")
        self.note.setText("Copied.")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.note, 1)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.sentence)
        layout.addWidget(self.details, 1)
        layout.addLayout(buttons)
        self.resize(680, 360)


def open_failure(sentence: str, details: str, parent: QWidget) -> FailureWindow:
    """A window, shown; older ones of `parent` are closed."""
    for older in parent.findChildren(FailureWindow):
        older.close()
    window = FailureWindow(sentence, details, parent)
    window.show()
    window.raise_()
    return window
