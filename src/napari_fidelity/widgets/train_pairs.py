"""Rows in which layers are paired: what goes in, and what the network should make of it."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from napari_fidelity.data.settings import Task
from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.train_layers import ROLES, Pair, verdict_on


class LayerPairs(QWidget):
    """One row of two layers or more, and a button for another.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    task : str
        What the two sides are called.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, task: Task, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._task = viewer, task
        self._one_side = False
        self.rows: list[PairRow] = []
        self.add_button = QToolButton()
        self.add_button.setText("Add a pair")
        self.add_button.setToolTip("Further layers, of the same or of another size")
        self.add_button.clicked.connect(self._on_add)
        self._rows_layout = QVBoxLayout()
        self._rows_layout.setSpacing(6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._rows_layout)
        layout.addWidget(self.add_button)
        self.add()

    @property
    def task(self) -> Task:
        """What the sides are called after."""
        return self._task

    def pairs(self) -> list[Pair]:
        """The chosen layers, row by row; None where none is, or none is needed."""
        return [row.pair() for row in self.rows]

    def add(self) -> PairRow:
        """A further row, with the next layers that no other row has."""
        taken = [layer for pair in self.pairs() for layer in pair if layer is not None]
        row = PairRow(self._viewer, self._task)
        row.show_inputs(not self._one_side)
        row.choose_others(taken)
        row.changed.connect(self.changed)
        row.remove_button.clicked.connect(lambda _=False, row=row: self.remove(row))
        self.rows.append(row)
        self._rows_layout.addWidget(row)
        self._show_buttons()
        self.changed.emit()
        return row

    def remove(self, row: PairRow) -> None:
        """Take a row away."""
        self.rows.remove(row)
        self._rows_layout.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._show_buttons()
        self.changed.emit()

    def set_one_side(self, is_one: bool) -> None:
        """Ask for targets only: something makes the inputs."""
        self._one_side = is_one
        for row in self.rows:
            row.show_inputs(not is_one)

    def take_active_layer(self) -> None:
        """Choose the active layer where it fits, in the first row."""
        active = self._viewer.layers.selection.active
        for choice in self.rows[0].choices if self.rows and active is not None else ():
            others = [layer for layer in self.rows[0].pair() if layer is active]
            if not others:
                before = choice.chosen()
                choice.choose(active)
                if choice.chosen() is not before:
                    return

    def _on_add(self) -> None:
        self.add()

    def _show_buttons(self) -> None:
        for row in self.rows:
            row.remove_button.setVisible(len(self.rows) > 1)


class PairRow(QWidget):
    """Two lists of layers, one under the other."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel, task: Task, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choices: list[LayerChoice] = []
        self.labels: list[QLabel] = []
        self.remove_button = QToolButton()
        self.remove_button.setText("×")
        self.remove_button.setToolTip("Leave this pair out; the layers stay")
        self.remove_button.setAccessibleName("Leave this pair out")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(3)
        layout.setColumnStretch(1, 1)
        for number, role in enumerate(ROLES[task]):
            purpose = "What goes in" if number == 0 else "What the network should make"
            choice = LayerChoice(
                viewer, verdict_on(role), empty_text=f"no {role.lower()} open", purpose=purpose
            )
            choice.setAccessibleName(role)
            guard_wheel(choice)
            label = QLabel(role)
            label.setBuddy(choice)
            label.setToolTip(purpose)
            choice.layer_changed.connect(lambda _layer: self.changed.emit())
            self.choices.append(choice)
            self.labels.append(label)
            layout.addWidget(label, number, 0)
            layout.addWidget(choice, number, 1)
        layout.addWidget(self.remove_button, 0, 2, 2, 1)

    def pair(self) -> Pair:
        """Input and target; None where none is chosen, or none is needed."""
        source, target = self.choices
        return (source.chosen() if not source.isHidden() else None), target.chosen()

    def show_inputs(self, is_shown: bool) -> None:
        """Whether inputs are asked for."""
        self.choices[0].setVisible(is_shown)
        self.labels[0].setVisible(is_shown)

    def choose_others(self, taken: list[Layer]) -> None:
        """Choose layers that are not `taken`, a different one on each side."""
        used = list(taken)
        for choice in self.choices[::-1]:
            if not any(choice.chosen() is layer for layer in used):
                used += [choice.chosen()] if choice.chosen() is not None else []
                continue
            for layer in choice.usable():
                if not any(layer is one for one in used):
                    choice.choose(layer)
                    used.append(layer)
                    break
