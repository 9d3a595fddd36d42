"""The window with all metrics: a table to read, copy and save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.widgets.metric_table import MetricTableModel


class MetricWindow(QDialog):
    """A window beside napari's, open while the person works on.

    Parameters
    ----------
    model : MetricTableModel
        What it shows.
    caption : str
        One line above the table: reference, mask, scope, settings.
    save : callable
        Writes the CSV file to the path it is given.
    parent : QWidget, optional
        The dock: gives the style, and closes it.
    """

    def __init__(
        self,
        model: MetricTableModel,
        *,
        caption: str,
        save: Callable[[Path], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("All metrics")
        self.model, self._save = model, save
        self.model.setParent(self)
        self.table = QTableView()
        self.table.setModel(model)
        self.table.setAlternatingRowColors(False)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom)
        track, text = model.palette.track.name(), model.palette.text.name()
        self.table.setStyleSheet(
            f"QHeaderView::section {{ background: {track}; color: {text}; border: 0px; "
            "padding: 4px; } QTableCornerButton::section { background: transparent; border: 0px; }"
        )
        self.caption = QLabel(caption)
        self.caption.setWordWrap(True)
        self.note = QLabel("★ best of its column; hover a number or a heading for its definition")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copy the table for a spreadsheet, with full precision")
        self.copy_button.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        self.copy_button.clicked.connect(self.copy)
        self.save_button = QPushButton("Save CSV…")
        self.save_button.setToolTip("Save the table with the settings it was measured with")
        self.save_button.clicked.connect(self.ask_and_save)
        self._lay_out()

    def copy(self) -> None:
        """Put the table on the clipboard, columns separated by tabs."""
        clipboard = QApplication.clipboard()
        assert clipboard is not None
        clipboard.setText(self.model.tab_separated())
        self.note.setText("Copied: paste it into a spreadsheet.")

    def ask_and_save(self) -> None:
        """Ask for a file name and save."""
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Save the metrics", "metrics.csv", "Comma-separated values (*.csv)"
        )
        if chosen:
            self.save_to(Path(chosen))

    def save_to(self, path: Path) -> None:
        """Save to `path`, `.csv` added where it has no ending; say where it went or what failed."""
        path = path if path.suffix else path.with_suffix(".csv")
        try:
            self._save(path)
        except OSError as error:
            self.note.setText(f"Could not save {path.name}: {error.strerror or error}.")
        else:
            self.note.setText(f"Saved {path}.")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.note, 1)
        buttons.addWidget(self.copy_button)
        buttons.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self.caption)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        rows = min(self.model.rowCount(), 12)
        lines = self.caption.text().count("\n") + 1
        width = min(1180, 240 + 92 * self.model.columnCount())
        self.resize(width, 150 + 30 * rows + 18 * lines)
