"""Where the noise is compared: away from the mask, in another layer, or in one of its labels."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Labels, Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QSpinBox, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.number_or_choice import NarrowComboBox

LARGEST_LABEL = 2**31 - 1  # a QSpinBox holds a C int
MODES = {
    "automatic": ("automatic", "All pixels further from the mask than the margin."),
    "layer": ("a layer…", "Labels, a two-valued image or Shapes that mark the background."),
    "label": ("a label of the mask…", "One label of the mask layer marks the background."),
}


class BackgroundChoice(QWidget):
    """A choice of three ways, with the layer or the label where one is needed."""

    changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        verdict: Callable[[Layer], str | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.mode = NarrowComboBox()
        self.mode.add_choices(MODES)
        self.layer_choice = LayerChoice(viewer, verdict, empty_text="no mask layer of this size")
        self.label_box = QSpinBox()
        self.label_box.setRange(1, LARGEST_LABEL)
        guard_wheel(self.label_box)
        self.label_box.setValue(2)
        self.label_box.setPrefix("label ")
        self.label_box.setToolTip("Pixels with this label are background, all others structure.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.mode, self.layer_choice, self.label_box):
            layout.addWidget(widget)
        self.setFocusProxy(self.mode)
        self.mode.currentIndexChanged.connect(lambda _: self._show())
        self.layer_choice.layer_changed.connect(lambda _: self.changed.emit())
        self.label_box.valueChanged.connect(lambda _: self.changed.emit())
        self._show()

    def controls(self) -> list[QWidget]:
        """Everything that takes the keyboard, from top to bottom."""
        return [self.mode, self.layer_choice, self.label_box]

    def layer(self) -> Layer | None:
        """The background layer, where that way was chosen."""
        return self.layer_choice.layer() if self.mode.currentData() == "layer" else None

    def label(self) -> int | None:
        """The mask's label that is background, where that way was chosen."""
        return self.label_box.value() if self.mode.currentData() == "label" else None

    def problem(self, mask: Layer | None) -> str:
        """Why this choice cannot be used with `mask`; empty when it can."""
        mode = self.mode.currentData()
        if mode == "layer" and self.layer() is None:
            return "Background: pick a layer that marks it, or choose “automatic”."
        if mode == "label" and mask is not None and not isinstance(mask, Labels):
            return f"Background: “{mask.name}” has no labels; choose “automatic” or a layer."
        return ""

    def set_margin(self, margin_px: int) -> None:
        """Say the margin in the automatic entry."""
        self.mode.setItemText(0, f"automatic, {margin_px} px off")

    def refresh(self) -> None:
        """Look at the layers anew."""
        self.layer_choice.refresh()

    def _show(self) -> None:
        mode = self.mode.currentData()
        self.layer_choice.setVisible(mode == "layer")
        self.label_box.setVisible(mode == "label")
        self.changed.emit()
