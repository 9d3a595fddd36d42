"""Layers shown one after the other at the same place: what differs seems to move."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QToolButton, QWidget

from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.key_help import spell_combo
from napari_fidelity.widgets.key_list import KEYS

FASTEST_HZ = 6.0  # three flashes a second are the most that is safe for everybody (WCAG 2.3.1)
SLOWEST_HZ = 0.2
USUAL_HZ = 1.5
NEXT = next(key for key in KEYS if key.name == "compare")


class BlinkControls(QWidget):
    """How often the image changes, and a button that holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = QDoubleSpinBox()
        self.rate.setRange(SLOWEST_HZ, FASTEST_HZ)
        self.rate.setDecimals(1)
        self.rate.setSingleStep(0.5)
        self.rate.setValue(USUAL_HZ)
        self.rate.setSuffix(" / s")
        self.rate.setToolTip("How many times a second another layer is shown")
        self.rate.setAccessibleName("Changes per second")
        guard_wheel(self.rate)
        self.hold = QToolButton()
        self.hold.setText("Hold")
        self.hold.setCheckable(True)
        self.hold.setToolTip("Stay at the layer that is shown; Next goes on by one")
        self.next = QToolButton()
        self.next.setText("Next")
        self.next.setToolTip("Show the next layer")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Changes"))
        layout.addWidget(self.rate, 1)
        layout.addWidget(self.hold)
        layout.addWidget(self.next)


class Blink(CompareMode):
    """One layer at a time, the next after a while.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject, optional
        The dock.
    """

    key = "blink"
    title = "Blink"
    purpose = "Layers one after the other at the same place: what differs seems to move."
    needs_grid = False

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(viewer, parent)
        self._at = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.show_next)
        self._controls = BlinkControls()
        self._controls.rate.valueChanged.connect(self._time)
        self._controls.hold.toggled.connect(self._time)
        self._controls.next.clicked.connect(self.show_next)

    def controls(self) -> BlinkControls:
        """The rate, and buttons to hold and to go on by one."""
        return self._controls

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return f"Hold stops at one layer; {spell_combo(NEXT.combo)} shows the next."

    def show_next(self) -> None:
        """Show the layer after the one that is shown."""
        if self.is_on and is_alive(self):
            self._at = (self._at + 1) % len(self.layers)
            self._show_one()

    def _show(self) -> None:
        self._at = min(self._at, len(self.layers) - 1)
        self._set_grid()
        kinds = (ImageLayer, *{type(layer) for layer in self.layers})
        self._show_only([self.layers[self._at]], kinds)
        self._show_captions(self.layers, float(self.viewer.canvas.size[1]), on=self._captions)
        self._time()

    def _in_sight(self) -> Sequence[Layer]:
        """The layers that must be visible now."""
        return [self.layers[self._at]]

    def _show_one(self) -> None:
        shown = self.layers[self._at]
        self.state.set(shown, "visible", True)  # first: the canvas is never empty in between
        for layer in self.layers:
            if layer is not shown:
                self.state.set(layer, "visible", False)

    def _time(self) -> None:
        self._controls.next.setEnabled(self.is_on)
        if self.is_on and not self._controls.hold.isChecked():
            self._timer.start(round(1000 / self._controls.rate.value()))
        else:
            self._timer.stop()

    def end(self) -> None:
        """Let the viewer be as it was."""
        self._timer.stop()
        super().end()
        self._controls.next.setEnabled(False)
