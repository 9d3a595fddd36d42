"""Tells when layers that were measured are edited, and stays silent when a person just looks.

napari's `set_data` fires for undo, redo and `refresh()` after an edit in place, but also when a
slice is scrolled, axes are rolled or a layer is shown again. So it is only a hint: if the
viewer shows what it showed before, the pixels' checksum is compared with the one taken when
the watch began. Everything else (paint strokes, new data, a moved layer) is certain.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Shapes
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.layer_frames import full_resolution

Pixels = np.ndarray[Any, Any]  # Any: every shape and dtype
CERTAIN_EVENTS = ("data", "paint", "labels_update")
FRAME_EVENTS = ("scale", "translate", "rotate", "shear", "affine")
QUIET_MS = 150  # edits come in bursts; one comparison after each
INLINE_BYTES = 4_000_000  # 2 to 5 ms: not worth a worker
PIECE_BYTES = 32_000_000  # Cancel works between pieces


class LayerWatch(QObject):
    """Watches layers until `stop`; `edited` carries a sentence, once for each edit noticed.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are shown.
    layers : sequence of Layer
        Those to watch; their pixels are taken as they are now.
    parent : QObject
        The dock; the watch dies with it.
    plane : tuple of int, optional
        Indices of the leading axes: only this plane's pixels are read.
    """

    edited = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        layers: Sequence[Layer],
        parent: QObject,
        *,
        plane: tuple[int, ...] = (),
    ) -> None:
        super().__init__(parent)
        self._viewer, self._plane = viewer, plane
        self._layers = list({id(layer): layer for layer in layers}.values())
        self._checksums: dict[int, int] = {}
        self._views = {id(layer): self._view() for layer in self._layers}
        self._histories = {id(layer): _history_of(layer) for layer in self._layers}
        self._suspects: list[Layer] = []
        self._job: Job | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self._compare_suspects)
        self._connections = list(self._connect())

    def pixels(self) -> dict[int, Pixels]:
        """The arrays to take checksums of, by layer identity; `sum_pixels` may run on a worker."""
        return {
            id(layer): self._pixels_of(layer)
            for layer in self._layers
            if not isinstance(layer, Shapes) and isinstance(full_resolution(layer), np.ndarray)
        }

    def set_checksums(self, checksums: dict[int, int]) -> None:
        """What the pixels were when they were measured."""
        self._checksums = checksums
        if self._suspects:
            self._timer.start()

    def stop(self) -> None:
        """Let go of every layer."""
        self._timer.stop()
        if self._job is not None:
            self._job.abandon()
            self._job = None
        for emitter, callback in self._connections:
            emitter.disconnect(callback)
        self._connections = []
        self._layers, self._suspects, self._views = [], [], {}

    def _pixels_of(self, layer: Layer) -> Pixels:
        """The array, or its plane where it still has one there."""
        array: Pixels = full_resolution(layer)
        is_inside = array.ndim == len(self._plane) + 2 and all(
            index < size for index, size in zip(self._plane, array.shape, strict=False)
        )
        return array[self._plane] if self._plane and is_inside else array

    def _connect(self) -> Any:  # Any: napari's emitters with their callbacks
        for layer in self._layers:
            names = [*CERTAIN_EVENTS, *FRAME_EVENTS, "set_data"]
            for name in names:
                emitter = getattr(layer.events, name, None)
                if emitter is None or (name == "set_data" and isinstance(layer, Shapes)):
                    continue
                callback = self._callback(layer, name)
                emitter.connect(callback)
                yield emitter, callback
        removed = self._viewer.layers.events.removed
        removed.connect(self._on_removed)
        yield removed, self._on_removed

    def _callback(self, layer: Layer, event_name: str) -> Callable[[], None]:
        def on_event() -> None:
            if not is_alive(self) or not self._connections:
                return
            if event_name == "set_data":
                self._suspect(layer)
            elif event_name in FRAME_EVENTS:
                self.edited.emit(f"“{layer.name}” was moved.")
            else:
                self.edited.emit(f"“{layer.name}” was edited.")

        return on_event

    def _on_removed(self, event: Any) -> None:  # Any: napari's event
        if is_alive(self) and any(event.value is layer for layer in self._layers):
            self.edited.emit(f"“{event.value.name}” was removed.")

    def _view(self) -> tuple[object, ...]:
        dims = self._viewer.dims
        return (tuple(dims.point), tuple(dims.order), dims.ndisplay, tuple(dims.thickness))

    def _suspect(self, layer: Layer) -> None:
        """Compare soon, unless all that changed is the slice that the viewer shows."""
        view, history = self._view(), _history_of(layer)
        scrolled = view != self._views[id(layer)]
        undone = history != self._histories[id(layer)]
        self._views[id(layer)], self._histories[id(layer)] = view, history
        if undone:
            self.edited.emit(f"“{layer.name}” was edited.")
        if undone or scrolled or not isinstance(full_resolution(layer), np.ndarray):
            return  # lazy arrays are not edited in place
        if not any(layer is suspect for suspect in self._suspects):
            self._suspects.append(layer)
        if self._checksums:
            self._timer.start()

    def _compare_suspects(self) -> None:
        if self._job is not None and self._job.is_running:
            self._timer.start()
            return
        layers, self._suspects = self._suspects, []
        pixels = {id(layer): self._pixels_of(layer) for layer in layers}
        if sum(array.nbytes for array in pixels.values()) <= INLINE_BYTES:
            self._compare(sum_pixels(pixels), layers)
            return
        self._job = start_job(
            lambda progress: sum_pixels(pixels, progress),
            text="Look for edits",
            owner=self,
            on_result=lambda checksums: self._compare(checksums, layers),
            queued=False,
            shown=False,
        )

    def _compare(self, checksums: dict[int, int], layers: list[Layer]) -> None:
        for layer in layers:
            if checksums[id(layer)] != self._checksums.get(id(layer)):
                self.edited.emit(f"“{layer.name}” was edited.")


def _history_of(layer: Layer) -> tuple[int, int]:
    """How many strokes can be undone and redone; napari tells it to nobody, so it is read."""
    stacks = (getattr(layer, name, ()) for name in ("_undo_history", "_redo_history"))
    undo, redo = (len(stack) for stack in stacks)
    return undo, redo


def sum_pixels(pixels: dict[int, Pixels], progress: Progress | None = None) -> dict[int, int]:
    """A checksum of each array: another pixel, shape or type gives another one (up to 2⁻³²).

    Examples
    --------
    >>> a = np.zeros((4, 4), np.uint8)
    >>> before = sum_pixels({0: a})
    >>> a[1, 2] = 1
    >>> sum_pixels({0: a}) == before
    False
    """
    progress = progress or Progress()
    return {key: _sum_array(array, progress) for key, array in pixels.items()}


def _sum_array(array: Pixels, progress: Progress) -> int:
    checksum = zlib.crc32(f"{tuple(array.shape)}{array.dtype}".encode())
    planes = array if len(array.shape) > 2 else [array]
    count = len(planes)
    for index in range(count):
        for piece in _cut_rows(planes[index]):
            progress(index, count, "look for edits")
            whole = np.ascontiguousarray(piece)
            checksum = zlib.crc32(whole.reshape(-1).view(np.uint8).data, checksum)
    return checksum


def _cut_rows(plane: Pixels) -> Iterator[Pixels]:
    """Pieces along the first axis."""
    rows = max(1, PIECE_BYTES * len(plane) // max(plane.nbytes, 1))
    for start in range(0, len(plane), rows):
        yield plane[start : start + rows]
