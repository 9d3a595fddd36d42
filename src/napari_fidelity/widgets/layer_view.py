"""A canvas with one layer, under its name, with the masks and shapes that lie on it."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Layer
from napari.qt import QtViewer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_twin import LayerTwin
from napari_fidelity.widgets.name_label import NameLabel


class LayerView(QWidget):
    """A caption above a canvas of its own.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers come from.
    layer : Layer
        The one to show.
    """

    def __init__(self, viewer: ViewerModel, layer: Layer) -> None:
        super().__init__()
        self.source, self._viewer = layer, viewer
        self.model = ViewerModel(title=layer.name, ndisplay=viewer.dims.ndisplay)
        self.model.theme = viewer.theme
        self.twin = LayerTwin(layer, viewer, self, follows_eye=False)
        self.overlays: list[LayerTwin] = []
        self.qt_viewer = QtViewer(self.model)
        self.qt_viewer.setAcceptDrops(False)
        self._add(self.twin)
        self.caption = NameLabel(layer.name)
        self.caption.setObjectName("fidelityViewName")
        layer.events.name.connect(self._on_renamed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.caption)
        layout.addWidget(self.qt_viewer, 1)

    def set_overlays(self, layers: Sequence[Layer]) -> None:
        """Show `layers` over the image while they are visible in the viewer, and no others."""
        for twin in list(self.overlays):
            if not any(twin.source is layer for layer in layers):
                twin.close()
                self.overlays.remove(twin)
                make_current(self.qt_viewer)
                self.model.layers.remove(twin.layer)
        known = [twin.source for twin in self.overlays]
        for layer in layers:
            if not any(layer is one for one in known):
                self.overlays.append(LayerTwin(layer, self._viewer, self, follows_eye=True))
                self._add(self.overlays[-1])

    def _add(self, twin: LayerTwin) -> None:
        self.model.layers.append(twin.layer)
        self.model.layers.selection.clear()  # nobody paints here: the first window has the tools

    def _on_renamed(self) -> None:
        if is_alive(self):
            self.caption.say(self.source.name)

    def close_view(self) -> None:
        """Let go of the layers and of the canvas."""
        self.source.events.name.disconnect(self._on_renamed)
        for twin in (self.twin, *self.overlays):
            twin.close()
        self.qt_viewer.close()
        self.qt_viewer.deleteLater()
        self.deleteLater()


def make_current(qt_viewer: QtViewer) -> None:
    """Let this canvas be the one that frees parts of the graphics card.

    When a layer is removed napari frees its part at once, in whichever canvas was drawn last: with
    several canvases that may be another one, which then could draw no more.
    """
    try:
        qt_viewer.canvas.native.makeCurrent()
    except (AttributeError, RuntimeError):
        return  # a canvas that closes
