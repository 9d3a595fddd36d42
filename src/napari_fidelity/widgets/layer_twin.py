"""A second layer on the same pixels, for another canvas: it looks as its source does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_frames import FRAME_FIELDS

REFRESH_MS = 60  # strokes come in bursts
LOOK = (
    "contrast_limits",
    "gamma",
    "colormap",
    "opacity",
    "blending",
    "interpolation2d",
    "interpolation3d",
    "rendering",
    "depiction",
    "iso_threshold",
    "attenuation",
    "contour",
    "selected_label",
    "show_selected_label",
)
EDITS = ("data", "set_data", "paint", "labels_update")


class LayerTwin(QObject):
    """Makes a layer with the data of `source` and keeps its look, place and pixels up to date.

    The data are those of the source, no copy; nothing goes from the twin to the source.

    Parameters
    ----------
    source : Layer
        Any layer.
    viewer : ViewerModel
        Where the source is shown: a change of slice there is no edit.
    parent : QObject
        Dies with it.
    follows_eye : bool
        Whether the twin is visible only while the source is.
    """

    def __init__(
        self, source: Layer, viewer: ViewerModel, parent: QObject, *, follows_eye: bool
    ) -> None:
        super().__init__(parent)
        self.source, self._viewer = source, viewer
        self.layer = make_twin(source)
        self.layer.visible = source.visible if follows_eye else True
        self._seen = self._view()
        self._connections: list[tuple[Any, Callable[..., None]]] = []  # Any: napari's emitters
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._take_pixels)
        names = [*LOOK, *FRAME_FIELDS, *(["visible"] if follows_eye else [])]
        for name in names:
            self._connect(name, partial(self._copy, name))
        for name in EDITS:
            self._connect(name, partial(self._on_edit, name))

    def close(self) -> None:
        """Follow the source no more."""
        self._timer.stop()
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []

    def _connect(self, name: str, callback: Callable[..., None]) -> None:
        emitter = getattr(self.source.events, name, None)
        if emitter is not None:
            emitter.connect(callback)
            self._connections.append((emitter, callback))

    def _copy(self, name: str, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self) and hasattr(self.layer, name):
            setattr(self.layer, name, getattr(self.source, name))

    def _on_edit(self, name: str, event: object = None) -> None:  # noqa: ARG002  # napari's
        if not is_alive(self):
            return
        now, before = self._view(), self._seen
        self._seen = now
        if name == "set_data" and now != before:
            return  # another slice: the twin's own viewer shows it
        if not self._timer.isActive():
            self._timer.start()

    def _take_pixels(self) -> None:
        if self.layer.data is self.source.data:
            self.layer.refresh(extent=False)
        else:
            self.layer.data = self.source.data

    def _view(self) -> tuple[object, ...]:
        dims = self._viewer.dims
        return (tuple(dims.point), tuple(dims.order), dims.ndisplay)


def make_twin(source: Layer) -> Layer:
    """A layer of the same kind on the same data, without its metadata.

    Examples
    --------
    >>> import numpy as np
    >>> from napari.layers import Image
    >>> image = Image(np.zeros((4, 4)), name="cells", scale=(0.5, 0.5))
    >>> twin = make_twin(image)
    >>> twin.data is image.data, twin.scale.tolist()
    (True, [0.5, 0.5])
    """
    data, fields, kind = source.as_layer_data_tuple()
    fields = {name: value for name, value in fields.items() if name != "metadata"}
    twin = Layer.create(data, fields, kind)
    for name in LOOK:  # napari leaves out some, such as the contour of labels
        if name not in fields and hasattr(source, name):
            setattr(twin, name, getattr(source, name))
    return twin
