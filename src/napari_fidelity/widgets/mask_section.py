"""Which mask: a layer, or a new one to paint on the image that is looked at."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, Words, guard_wheel
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.kept_selection import is_selection_kept
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layer_frames import frame_from_layer, layer_shape, spell_shape
from napari_fidelity.widgets.layers import grey_problem, mask_image_problem, source_from_layer

EMPTY_MASK_SHAPE = (512, 512)
PAINT_HINT = "Paint objects with the brush. M picks the next label, so that neighbours stay apart."


class MaskSection(QWidget):
    """Caption, list of layers that can be a mask, *New mask here*, and one line about the mask.

    Notes
    -----
    The choice follows the active layer whenever that is a Labels layer. `mask_changed` is emitted
    with the layer or None.
    """

    mask_changed = Signal(object)

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.choice = LayerChoice(viewer, mask_verdict, none_text="no mask yet")
        self.choice.setAccessibleName("Mask")
        guard_wheel(self.choice)
        self.new_button = QPushButton("New mask here")
        self.plus_button = QToolButton()
        self.plus_button.setText("+")
        self.plus_button.setAccessibleName("New mask here")
        self.words = Words()
        self.new_button.setObjectName("fidelityNext")
        row = QHBoxLayout()
        row.addWidget(self.choice)
        row.addWidget(self.plus_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(Words("Mask", CAPTION))
        layout.addLayout(row)
        layout.addWidget(self.new_button)
        layout.addWidget(self.words)
        self.choice.layer_changed.connect(self._on_mask_changed)
        self.new_button.clicked.connect(self.make_new_mask)
        self.plus_button.clicked.connect(self.make_new_mask)
        viewer.layers.selection.events.active.connect(self._on_active_changed)
        viewer.layers.events.inserted.connect(self._on_layers_changed)
        viewer.layers.events.removed.connect(self._on_layers_changed)
        self.take_active_layer()
        self._describe()

    def chosen_mask(self) -> Layer | None:
        """The chosen mask; None when there is none that can be used."""
        return self.choice.layer()

    def problem(self) -> str:
        """Why there is no usable mask; empty when there is one."""
        if reason := self.choice.problem():
            return reason
        return "" if self.chosen_mask() is not None else "Choose a mask, or make one and paint."

    def take_active_layer(self) -> None:
        """Choose the active layer when it can be a mask, else the topmost Labels layer."""
        active = self._viewer.layers.selection.active
        if isinstance(active, (Labels, Shapes)):
            self.choice.choose(active)
        elif self.chosen_mask() is None:
            labels = [layer for layer in self._viewer.layers if isinstance(layer, Labels)]
            if labels:
                self.choice.choose(labels[-1])

    def image_below(self) -> Layer | None:
        """The image a new mask, or shapes, are drawn on: the active one, else the topmost seen."""
        active = self._viewer.layers.selection.active
        if isinstance(active, ImageLayer):
            return active
        seen = [layer for layer in self._viewer.layers if isinstance(layer, ImageLayer)]
        seen.sort(key=lambda layer: layer.visible)
        return seen[-1] if seen else None

    def make_new_mask(self) -> Labels:
        """An empty Labels layer on the image below, chosen here, with the brush in hand."""
        layer = add_empty_mask(self._viewer, self.image_below())
        self.choice.choose(layer)
        self.words.say(PAINT_HINT)
        return layer

    def _on_mask_changed(self, layer: Layer | None) -> None:
        self._describe()
        self.mask_changed.emit(layer)

    def _on_active_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if not is_alive(self):
            return
        active = self._viewer.layers.selection.active
        if isinstance(active, Labels) and not is_selection_kept():
            self.choice.choose(active)
        self._describe()

    def _on_layers_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self._describe()

    def _describe(self) -> None:
        layer = self.choice.chosen()
        self.new_button.setVisible(layer is None)
        self.plus_button.setVisible(layer is not None)
        below = self.image_below()
        size = spell_shape(layer_shape(below) if below is not None else EMPTY_MASK_SHAPE)
        where = f"on “{below.name}” ({size})" if below is not None else f"of {size} pixels"
        for button in (self.new_button, self.plus_button):
            button.setToolTip(f"An empty Labels layer {where}, with the brush in hand")
        self.words.say(describe_mask(layer) if layer is not None else "")


def mask_verdict(layer: Layer) -> str | None:
    """How the list of masks shows a layer: "" offered, words greyed, None left out."""
    if isinstance(layer, Labels):
        return grey_problem(layer)
    if isinstance(layer, Shapes):
        return "" if layer.data else f"“{layer.name}” holds no shapes: draw one first."
    return mask_image_problem(layer) if isinstance(layer, ImageLayer) else None


def describe_mask(layer: Layer) -> str:
    """One line about a mask: kind, size, size of a pixel."""
    if isinstance(layer, Shapes):
        return f"{len(layer.data)} shapes, filled on the pixels of the image"
    source = source_from_layer(layer)
    large = float(np.prod(source.shape, dtype=np.float64)) > 1e7
    words = source.size_text if large else spell_shape(source.shape)
    units = {str(unit) for unit in layer.units}
    if units != {"pixel"}:
        sizes = [f"{number:.3g}" for number in layer.scale[-3:]]
        size = sizes[-1] if len(set(sizes)) == 1 else "×".join(sizes)
        words += f" · {size} {layer.units[-1]:~P} per pixel"
    if getattr(layer, "multiscale", False):
        words += " · full resolution of a pyramid"
    return words


def add_empty_mask(viewer: ViewerModel, below: Layer | None) -> Labels:
    """A new Labels layer on the pixels of `below` (512×512 without it), ready to paint."""
    shape = layer_shape(below) if below is not None else EMPTY_MASK_SHAPE
    frame = frame_from_layer(below) if below is not None else {}
    name = f"{below.name} mask" if below is not None else "mask"
    layer = Labels(np.zeros(shape, np.uint16), name=name, **frame)
    viewer.add_layer(layer)
    viewer.layers.selection.active = layer
    layer.selected_label = 1
    layer.brush_size = max(4, round(min(shape[-2:]) / 24))
    layer.mode = "paint"
    return layer
