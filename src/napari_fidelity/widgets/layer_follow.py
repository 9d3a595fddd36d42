"""Calls back soon after layers, or what a viewer shows of them, have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.widgets.jobs import is_alive

# `set_data` also comes while a shape is dragged, after undo and redo, and when a slice is shown.
LAYER_EVENTS = (
    "data", "set_data", "paint", "labels_update", "name", "contrast_limits", "gamma", "colormap",
    "scale", "translate", "rotate", "shear", "affine", "units", "highlight",
)  # fmt: skip
DIMS_EVENTS = ("point", "order", "ndisplay")
SOON_MS = 15  # a frame: events come in bursts


class LayerFollow(QObject):
    """Emits `changed` at most once in 15 ms while the layers, or the viewer's slice, change.

    Parameters
    ----------
    viewer : ViewerModel
        Whose sliders are followed.
    parent : QObject
        The widget; following ends with it.
    """

    changed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._connections: list[tuple[Any, Callable[..., None]]] = []  # Any: napari's emitters
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SOON_MS)
        self._timer.timeout.connect(self.changed)

    def follow(self, layers: Sequence[Layer]) -> None:
        """Follow these layers, and no others, from now on."""
        self.stop()
        dims = self._viewer.dims.events
        emitters = [getattr(dims, name) for name in DIMS_EVENTS]
        for layer in layers:
            found = (getattr(layer.events, name, None) for name in LAYER_EVENTS)
            emitters += [emitter for emitter in found if emitter is not None]
        for emitter in emitters:
            emitter.connect(self._on_event)
            self._connections.append((emitter, self._on_event))

    def stop(self) -> None:
        """Let go of every layer and of the viewer."""
        self._timer.stop()
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []

    def touch(self) -> None:
        """Emit soon, as if something had changed."""
        if not self._timer.isActive():
            self._timer.start()

    def _on_event(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.touch()
