"""Which curves are looked at: buttons for losses, validation and learning rates above the chart."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.widgets.number_or_choice import NarrowComboBox
from napari_fidelity.widgets.palette import Palette
from napari_fidelity.widgets.train_chart import Line, TrainChart
from napari_fidelity.widgets.train_history import SCORE, UNTOUCHED, Curve
from napari_fidelity.widgets.train_plot import TrainPlot
from napari_fidelity.widgets.train_reader import Snapshot
from napari_fidelity.widgets.train_terms import FIRST, explain_metric, spell_metric, spell_series

VIEWS = {
    "validation": ("Validation", "Metrics on images that the training never sees"),
    "losses": ("Losses", "What each step lowers; the faint band is the spread of single steps"),
    "rates": ("Rate", "The learning rates"),
}


class TrainCurves(QWidget):
    """A chart of one kind of curves at a time.

    Attributes
    ----------
    changed : Signal
        Emitted when other curves are looked at.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self._is_chosen = False
        self.plot = TrainPlot()
        self.metric_choice = NarrowComboBox()
        self.metric_choice.setAccessibleName("Metric")
        self.buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(2)
        for key, (title, tip) in VIEWS.items():
            button = QPushButton(title)
            button.setObjectName("fidelityView")
            button.setCheckable(True)
            button.setToolTip(tip)
            self._group.addButton(button)
            self.buttons[key] = button
            row.addWidget(button, 1)
        self.buttons["losses"].setChecked(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.metric_choice)
        layout.addWidget(self.plot)
        self._group.buttonClicked.connect(self._on_clicked)
        self.metric_choice.activated.connect(lambda _: self._draw())
        self.metric_choice.hide()

    def view(self) -> str:
        """Which curves are shown: "validation", "losses" or "rates"."""
        return next(key for key, button in self.buttons.items() if button.isChecked())

    def show_view(self, key: str) -> None:
        """Show others."""
        self.buttons[key].setChecked(True)
        self._is_chosen = True
        self._draw()

    def forget(self) -> None:
        """Another run is looked at."""
        self._snapshot, self._is_chosen = None, False
        self.metric_choice.clear()
        self.buttons["losses"].setChecked(True)
        self._draw()

    def show_run(self, snapshot: Snapshot) -> None:
        """Show the run's curves; its validation when there is one, unless a person chose."""
        before, self._snapshot = self._snapshot, snapshot
        if not self._is_chosen and len(_own_scores(snapshot)) and self.view() == "losses":
            steps = max(len(curve.steps) for curve in _own_scores(snapshot))
            if steps > 1:
                self.buttons["validation"].setChecked(True)
        self._offer_metrics(snapshot)
        same = before is not None and all(
            getattr(before, name) is getattr(snapshot, name)
            for name in ("losses", "rates", "scores")
        )
        if not same or before is None or before.status != snapshot.status:
            self._draw()

    def follow_palette(self, palette: Palette) -> None:
        """Draw in the colours of the theme."""
        self.plot.set_palette(palette)

    def _on_clicked(self) -> None:
        self._is_chosen = True
        self._draw()
        self.changed.emit()

    def _offer_metrics(self, snapshot: Snapshot) -> None:
        """List the metrics that there are, what says most to a person first."""
        keys = [curve.key for curve in _own_scores(snapshot)]
        keys.sort(key=lambda key: _rank(key, _criterion(snapshot)))
        shown = [self.metric_choice.itemData(row) for row in range(self.metric_choice.count())]
        if set(shown) == set(keys):
            return
        chosen = self.metric_choice.currentData()
        self.metric_choice.clear()
        self.metric_choice.add_choices(
            {key: (spell_metric(key), explain_metric(key)) for key in keys}
        )
        if (row := self.metric_choice.findData(chosen)) >= 0:
            self.metric_choice.setCurrentIndex(row)

    def _draw(self) -> None:
        view, snapshot = self.view(), self._snapshot
        self.metric_choice.setVisible(view == "validation" and self.metric_choice.count() > 1)
        if snapshot is None:
            self.plot.show_chart(None)
        elif view == "validation":
            self.plot.show_chart(self._chart_of_metric(snapshot))
        else:
            curves = snapshot.losses if view == "losses" else snapshot.rates
            self.plot.show_chart(_chart_of(curves, view, _end(snapshot)))

    def _chart_of_metric(self, snapshot: Snapshot) -> TrainChart | None:
        key = self.metric_choice.currentData()
        curve = snapshot.score(key) if isinstance(key, str) else None
        if curve is None:
            return None
        self.metric_choice.setToolTip(explain_metric(curve.key))
        untouched = snapshot.score(UNTOUCHED + curve.key.removeprefix(SCORE))
        name = spell_metric(curve.key)
        return TrainChart(
            (Line(name, curve, 0),),
            name,
            end=_end(snapshot),
            best=_best_on(curve, snapshot),
            untouched=None if untouched is None else untouched.last,
        )


def _chart_of(curves: tuple[Curve, ...], view: str, end: float) -> TrainChart | None:
    """Losses on a logarithmic axis, or learning rates; curves that repeat another are left out."""
    if not curves:
        return None
    different: list[Curve] = []
    for curve in curves:
        if not any(np.array_equal(curve.mean, other.mean, equal_nan=True) for other in different):
            different.append(curve)
    lines = tuple(
        Line(spell_series(curve.key), curve, number) for number, curve in enumerate(different)
    )
    return TrainChart(lines, view, wants_log=True, end=end)


def _own_scores(snapshot: Snapshot) -> list[Curve]:
    """Validation metrics, without those of the untouched input."""
    return [curve for curve in snapshot.scores if not curve.key.startswith(UNTOUCHED)]


def _rank(key: str, criterion: str) -> tuple[bool, int]:
    """Losses come last: they mean little outside of the method; the criterion leads the rest."""
    order = [criterion.removeprefix(SCORE), *FIRST]
    name = key.removeprefix(SCORE)
    return "loss" in name, order.index(name) if name in order else len(order)


def _best_on(curve: Curve, snapshot: Snapshot) -> tuple[float, float] | None:
    """Where the best checkpoint lies on a curve, whatever it was chosen by."""
    step = snapshot.status.best.get("step") if snapshot.status is not None else None
    if not isinstance(step, int) or not len(curve.steps):
        return None
    height = float(curve.mean[np.abs(curve.steps - step).argmin()])
    return (float(step), height) if np.isfinite(height) else None


def _criterion(snapshot: Snapshot) -> str:
    key = snapshot.status.best.get("key") if snapshot.status is not None else None
    return key.lstrip("-") if isinstance(key, str) else ""


def _end(snapshot: Snapshot) -> float:
    """The last step that is drawn: where the run is; its end would squeeze a young run."""
    curves = (*snapshot.losses, *snapshot.scores)
    return max((float(curve.steps[-1]) for curve in curves if len(curve.steps)), default=1.0)
