"""Which two of several layers, and which of them is where."""

from __future__ import annotations

from collections.abc import Sequence

from napari.layers import Layer
from qtpy.QtCore import QSize, Signal
from qtpy.QtWidgets import QComboBox, QGridLayout, QLabel, QSizePolicy, QToolButton, QWidget

from napari_fidelity.widgets.dock_parts import guard_wheel


class NarrowBox(QComboBox):
    """A box whose long names do not widen a dock."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: names are cut."""
        return QSize(80, super().minimumSizeHint().height())


class LayerPair(QWidget):
    """Two boxes to choose from the same layers, and a button that swaps them.

    Parameters
    ----------
    first, second : str
        What the boxes are called.

    Attributes
    ----------
    changed : Signal
        Emitted when a person chose another pair.
    """

    changed = Signal()

    def __init__(self, first: str, second: str) -> None:
        super().__init__()
        self._layers: list[Layer] = []
        self._chosen: list[Layer] = []
        self.boxes = (NarrowBox(), NarrowBox())
        self.swap_button = QToolButton()
        self.swap_button.setText("⇅")
        self.swap_button.setToolTip("Swap the two")
        self.swap_button.setAccessibleName("Swap the two")
        self.swap_button.clicked.connect(self.swap)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(3)
        layout.setColumnStretch(1, 1)
        for row, (box, name) in enumerate(zip(self.boxes, (first, second), strict=True)):
            label = QLabel(name)
            label.setBuddy(box)
            box.setAccessibleName(name)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            guard_wheel(box)
            box.activated.connect(self._on_activated)
            layout.addWidget(label, row, 0)
            layout.addWidget(box, row, 1)
        layout.addWidget(self.swap_button, 0, 2, 2, 1)

    def offer(self, layers: Sequence[Layer]) -> None:
        """Let a person choose among `layers`; who is chosen and still there stays chosen."""
        kept = [layer for layer in self._chosen if any(layer is offered for offered in layers)]
        others = [layer for layer in layers if not any(layer is one for one in kept)]
        if len(kept) == 1 and self._chosen[0] is not kept[0]:
            kept = [*others[:1], *kept]  # the one on the right stays on the right
        self._layers, self._chosen = list(layers), [*kept, *others][:2]
        for box, chosen in zip(self.boxes, self._chosen, strict=False):
            box.blockSignals(True)
            box.clear()
            box.addItems([layer.name for layer in self._layers])
            box.setCurrentIndex(next(i for i, x in enumerate(self._layers) if x is chosen))
            box.blockSignals(False)

    def layers(self) -> tuple[Layer, Layer] | None:
        """The pair; None with fewer than two layers."""
        return (self._chosen[0], self._chosen[1]) if len(self._chosen) == 2 else None

    def swap(self) -> None:
        """Let each layer be where the other was."""
        self._chosen = self._chosen[::-1]
        self.offer(self._layers)
        self.changed.emit()

    def _on_activated(self) -> None:
        before = self._chosen
        chosen = [self._layers[box.currentIndex()] for box in self.boxes]
        if chosen[0] is chosen[1]:  # the same twice: the other takes its place
            chosen = before[::-1]
        self._chosen = chosen
        self.offer(self._layers)
        self.changed.emit()
