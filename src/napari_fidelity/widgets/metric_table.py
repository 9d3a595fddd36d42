"""All metrics of all images as a table: what each number means, and the best of each column."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtGui import QColor, QFont

from napari_fidelity.metrics.spec import MetricSpec
from napari_fidelity.metrics.tables import ScoreRow, find_best
from napari_fidelity.widgets.metric_words import describe_metric, spell_number
from napari_fidelity.widgets.palette import Palette

DisplayRole = Qt.ItemDataRole.DisplayRole


class MetricTableModel(QAbstractTableModel):
    """Rows are images, columns are metrics.

    Parameters
    ----------
    rows : sequence of ScoreRow
        Top to bottom; the best of a column is marked among rows of the same plane.
    specs : sequence of MetricSpec
        Left to right.
    palette : Palette
        Colour of the best.
    """

    def __init__(
        self, rows: Sequence[ScoreRow], specs: Sequence[MetricSpec], palette: Palette
    ) -> None:
        super().__init__()
        self.rows, self.specs, self.palette = list(rows), list(specs), palette
        self._best = {
            (row, column) for column, spec in enumerate(specs) for row in find_best(rows, spec.key)
        }

    def is_best(self, row: int, column: int) -> bool:
        """Whether the number is the best of its column."""
        return (row, column) in self._best

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802  # Qt's name
        """Number of images."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802  # Qt's name
        """Number of metrics."""
        return 0 if parent is not None and parent.isValid() else len(self.specs)

    def data(self, index: QModelIndex, role: int = DisplayRole) -> Any:  # Any: Qt's variant
        """Number, mark, tooltip of a cell."""
        row, column = index.row(), index.column()
        spec = self.specs[column]
        score = self.rows[row].scores.get(spec.key)
        if role == DisplayRole:
            star = "★ " if self.is_best(row, column) else ""
            return star + self.text(row, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            best = "★ The best of this column.\n" if self.is_best(row, column) else ""
            return best + describe_metric(spec, score)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._color(row, column)
        if role == Qt.ItemDataRole.FontRole and self.is_best(row, column):
            bold = QFont()
            bold.setBold(True)
            return bold
        return None

    def headerData(  # noqa: N802  # Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = DisplayRole
    ) -> Any:  # Any: Qt's variant
        """Metric with its unit and direction, or the image's name; tooltips in full."""
        if orientation == Qt.Orientation.Vertical:
            row = self.rows[section]
            if role == DisplayRole:
                return name_row(replace(row, name=shorten_name(row.name)))
            return name_row(row) if role == Qt.ItemDataRole.ToolTipRole else None
        spec = self.specs[section]
        if role == DisplayRole:
            arrow = {"higher": "↑", "lower": "↓", "one": "→ 1", "none": ""}[spec.better]
            unit = " ".join(part for part in (spec.unit, arrow) if part)
            return "\n".join((spec.title.replace(", ", "\n"), unit or " "))
        return describe_metric(spec) if role == Qt.ItemDataRole.ToolTipRole else None

    def text(self, row: int, column: int) -> str:
        """The number as shown, without the mark."""
        return spell_number(self._value(row, self.specs[column].key))

    def tab_separated(self) -> str:
        """The whole table for a spreadsheet: full numbers, empty where there is none."""
        lines = [["image", *(spec.key for spec in self.specs)]]
        for i, row in enumerate(self.rows):
            values = (self._value(i, spec.key) for spec in self.specs)
            lines.append([name_row(row), *("" if math.isnan(v) else repr(v) for v in values)])
        return "\n".join("\t".join(line) for line in lines) + "\n"

    def _value(self, row: int, key: str) -> float:
        score = self.rows[row].scores.get(key)
        return math.nan if score is None else float(score.value)

    def _color(self, row: int, column: int) -> QColor | None:
        if math.isnan(self._value(row, self.specs[column].key)):
            return self.palette.muted
        return self.palette.grades["good"] if self.is_best(row, column) else None


def shorten_name(name: str, most: int = 28) -> str:
    """At most `most` letters: "…" stands for the middle of a longer name.

    Examples
    --------
    >>> shorten_name("mitochondria, seed 12", 11)
    'mitoc…ed 12'
    """
    half = (most - 1) // 2
    return name if len(name) <= most else f"{name[:half]}…{name[-half:]}"


def name_row(row: ScoreRow) -> str:
    """The image, and the plane or the mean where there are several rows of it.

    Examples
    --------
    >>> name_row(ScoreRow("cells", {}, {}, plane=(3,)))
    'cells · plane 3'
    """
    if row.is_mean:
        return f"{row.name} · mean"
    return f"{row.name} · plane {row.plane_label}" if row.plane else row.name
