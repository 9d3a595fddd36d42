"""Which image a filter works on: a list of layers, its size in words, its pixel size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, Words, guard_wheel
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.kept_selection import is_selection_kept
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layers import grey_problem
from napari_fidelity.widgets.mask_section import describe_mask
from napari_fidelity.widgets.scale_section import ScaleSection
from napari_fidelity.widgets.temporary_layers import is_temporary

DESCRIBED = ("data", "scale", "units")  # what the line about the layer says
NO_IMAGE = "Open an image first, or choose one."


class FilterSource(QWidget):
    """Caption, list of image layers, one line about the chosen one, fields for its pixel size.

    Notes
    -----
    The choice follows the active layer where that is a grey image and no result of the dock
    itself. `changed` is emitted when the layer, or what is stated about it, is another.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._refused: list[Layer] = []
        self._stays = False
        self._watched: Layer | None = None
        self.choice = LayerChoice(viewer, image_verdict, empty_text="no image yet")
        self.choice.setAccessibleName("Image")
        guard_wheel(self.choice)
        self.words = Words()
        self.scale = ScaleSection()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words("Image", CAPTION), self.choice, self.words, self.scale):
            layout.addWidget(widget)
        self.choice.layer_changed.connect(self._on_chosen)
        self.scale.changed.connect(self.changed)
        viewer.layers.selection.events.active.connect(self._on_active)
        self.take_active_layer()
        self.refresh()

    def layer(self) -> ImageLayer | None:
        """The chosen image; None when there is none that can be used."""
        layer = self.choice.layer()
        return layer if isinstance(layer, ImageLayer) else None

    def problem(self) -> str:
        """Why there is no usable image; empty when there is one."""
        if reason := self.choice.problem():
            return reason
        return "" if self.layer() is not None else NO_IMAGE

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Do not follow the selection while the dock adds layers: they are its own results."""
        before = list(self._viewer.layers)
        self._stays = True
        try:
            yield
        finally:
            self._stays = False
            layers = self._viewer.layers
            self._refused = [layer for layer in self._refused if layer in layers]
            self._refused += [layer for layer in layers if layer not in before]

    def take_active_layer(self) -> None:
        """Choose the active layer where it is an image to work on."""
        active = self._viewer.layers.selection.active
        follows = isinstance(active, ImageLayer) and not is_temporary(active)
        if follows and not any(active is layer for layer in self._refused):
            self.choice.choose(active)

    def refresh(self) -> None:
        """Describe the layer anew: its pixels or their size may be others."""
        layer = self.layer()
        self.words.say(describe_mask(layer) if layer is not None else "")
        self.scale.show_layer(layer)

    def _on_chosen(self, layer: Layer | None) -> None:
        for watched, act in ((self._watched, "disconnect"), (layer, "connect")):
            if watched is not None:
                for name in DESCRIBED:
                    getattr(getattr(watched.events, name), act)(self._on_edited)
        self._watched = layer
        self.refresh()
        self.changed.emit()

    def _on_edited(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.refresh()
            self.changed.emit()

    def _on_active(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self) and not self._stays and not is_selection_kept():
            self.take_active_layer()


def image_verdict(layer: Layer) -> str | None:
    """How the list shows a layer: "" offered, words greyed, None left out."""
    return grey_problem(layer) if isinstance(layer, ImageLayer) else None
