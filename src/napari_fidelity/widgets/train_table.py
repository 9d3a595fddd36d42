"""The scores of a run's previews as a small table: now, and how much better than before."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.metric_words import spell_number
from napari_fidelity.widgets.name_label import NameLabel
from napari_fidelity.widgets.palette import Palette
from napari_fidelity.widgets.train_history import SCORE, UNTOUCHED
from napari_fidelity.widgets.train_reader import Scores, Snapshot
from napari_fidelity.widgets.train_terms import FIRST, explain_metric, improvement, spell_metric
from napari_fidelity.widgets.train_words import spell_count

MOST_METRICS, MOST_ROWS = 3, 6
NAME_PX = 76  # the least; names take what the numbers leave
SIGNIFICANT = 0.0005  # smaller changes are drawn as none
MEAN, INPUT = "mean", "untouched"
TIPS = {MEAN: "Of all validation images", INPUT: "What the input itself scores"}


@dataclass(frozen=True)
class Cell:
    """A score and its change.

    Parameters
    ----------
    value : float
        Now; NaN where there is none.
    gain : float
        How much better than at the validation before; NaN at the first.
    """

    value: float
    gain: float = math.nan


@dataclass(frozen=True)
class ScoreTable:
    """What the table shows.

    Parameters
    ----------
    metrics : tuple of str
        Keys of the columns.
    rows : tuple of (str, tuple of Cell)
        Name and scores; previews first, then the mean of all validation images.
    """

    metrics: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


def make_table(snapshot: Snapshot) -> ScoreTable:
    """The table of a run; without rows before the first validation."""
    metrics = _columns(snapshot)
    rows = [
        (name, tuple(_compare(key, name, snapshot.before, scores) for key in metrics))
        for name, scores in list(snapshot.latest.items())[:MOST_ROWS]
    ]
    mean = tuple(_mean(snapshot, key) for key in metrics)
    if any(not math.isnan(cell.value) for cell in mean):
        rows.append((MEAN, mean))
    untouched = tuple(_last(snapshot, UNTOUCHED + key) for key in metrics)
    if any(not math.isnan(cell.value) for cell in untouched):
        rows.append((INPUT, untouched))
    return ScoreTable(metrics, tuple(rows))


class TrainTable(QWidget):
    """The table in the dock; arrows and colours say what got better."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._palette: Palette | None = None
        self._table: ScoreTable | None = None
        self._step = -1
        self.title = Words("", HINT)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setColumnMinimumWidth(0, NAME_PX)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._labels: list[QLabel] = []
        self._shape: tuple[int, int] = (0, 0)
        self.hide()

    def show_run(self, snapshot: Snapshot) -> None:
        """Show the scores of a run."""
        table = make_table(snapshot)
        if (table, snapshot.latest_step) != (self._table, self._step):
            self._table, self._step = table, snapshot.latest_step
            self._fill(table, snapshot.latest_step)

    def follow_palette(self, palette: Palette) -> None:
        """Write in the colours of the theme."""
        self._palette = palette
        if self._table is not None:
            self._fill(self._table, None)

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: long numbers must not widen the dock."""
        return QSize(NAME_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  # Qt's name
        """Show as many metrics as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def text(self) -> list[list[str]]:
        """What is read in the cells, row by row, the heading first."""
        width = self._shape[1]
        cells = [
            label.whole_text() if isinstance(label, NameLabel) else str(label.property("plain"))
            for label in self._labels
        ]
        return [cells[start : start + width] for start in range(0, len(cells), width or 1)]

    def _fill(self, table: ScoreTable, step: int | None) -> None:
        shape = (len(table.rows) + 1, len(table.metrics) + 1)
        if shape != self._shape:
            self._make_labels(shape)
        if step is not None and step >= 0:
            self._corner = f"step {spell_count(step)}"
        labels = iter(self._labels)
        self._write_name(next(labels), getattr(self, "_corner", ""))
        for key in table.metrics:
            self._write(next(labels), spell_metric(key), spell_metric(key), explain_metric(key))
        for name, cells in table.rows:
            self._write_name(next(labels), name)
            for key, cell in zip(table.metrics, cells, strict=True):
                self._write_cell(next(labels), key, cell)
        self.setVisible(bool(table.rows))
        self._fit()

    def _fit(self) -> None:
        """Hide the last metrics where all would be cut off; the list above has them too."""
        columns = self._shape[1]
        widths = [
            max((label.sizeHint().width() for label in self._labels[column::columns]), default=0)
            for column in range(1, columns)
        ]
        room = self.width() - NAME_PX
        for column, width in enumerate(widths, 1):
            room -= width + self._grid.horizontalSpacing()
            for label in self._labels[column::columns]:
                label.setVisible(room >= 0 or column == 1)

    def _make_labels(self, shape: tuple[int, int]) -> None:
        for label in self._labels:
            self._grid.removeWidget(label)
            label.deleteLater()
        self._labels, self._shape = [], shape
        for row in range(shape[0]):
            for column in range(shape[1]):
                label = QLabel() if column else NameLabel()
                self._grid.addWidget(label, row, column)
                self._labels.append(label)
                if column:
                    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    label.setTextFormat(Qt.TextFormat.RichText)

    def _write_name(self, label: QLabel, name: str) -> None:
        assert isinstance(label, NameLabel)
        label.say(name)
        label.setToolTip(TIPS.get(name, name))

    def _write(self, label: QLabel, plain: str, rich: str, tip: str) -> None:
        label.setText(rich)
        label.setProperty("plain", plain)
        label.setToolTip(tip)

    def _write_cell(self, label: QLabel, key: str, cell: Cell) -> None:
        value, gain = spell_number(cell.value), cell.gain
        if math.isnan(gain):
            self._write(label, value, value, explain_metric(key))
            return
        arrow = "=" if abs(gain) < SIGNIFICANT else "▲" if gain > 0 else "▼"
        grade = {"▲": "good", "▼": "poor"}.get(arrow, "none")
        color = "" if self._palette is None else self._palette.grades[grade].name()
        words = {"▲": "better", "▼": "worse"}.get(arrow, "unchanged")
        size = "" if arrow == "=" else f" by {spell_number(abs(gain))}"
        tip = f"{words}{size} than at the validation before\n{explain_metric(key)}"
        rich = f'{value}&nbsp;<span style="color:{color}">{arrow}</span>'
        self._write(label, f"{value} {arrow}", rich, tip)


def _columns(snapshot: Snapshot) -> tuple[str, ...]:
    keys = dict.fromkeys(key for scores in snapshot.latest.values() for key in scores)
    if not keys:
        keys = dict.fromkeys(
            curve.key.removeprefix(SCORE)
            for curve in snapshot.scores
            if not curve.key.startswith(UNTOUCHED)
        )
    known = [key for key in FIRST if key in keys]
    others = [key for key in keys if key not in FIRST]
    return tuple((known + others)[:MOST_METRICS])


def _compare(key: str, name: str, before: Scores, now: dict[str, float]) -> Cell:
    value = now.get(key, math.nan)
    old = before.get(name, {}).get(key, math.nan)
    return Cell(value, improvement(key, old, value))


def _mean(snapshot: Snapshot, key: str) -> Cell:
    curve = snapshot.score(SCORE + key)
    if curve is None or not len(curve.mean):
        return Cell(math.nan)
    if len(curve.mean) < 2:
        return Cell(curve.last)
    return Cell(curve.last, improvement(key, float(curve.mean[-2]), curve.last))


def _last(snapshot: Snapshot, key: str) -> Cell:
    curve = snapshot.score(key)
    return Cell(math.nan if curve is None else curve.last)
