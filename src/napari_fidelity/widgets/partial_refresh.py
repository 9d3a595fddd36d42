"""Pixels written into a part of an image layer, and only that part shown anew.

napari has no call for it: `refresh()` sends the whole slice to the graphics card (19 ms at 4096²,
well over 100 ms at 8192²). A box goes there in under 1 ms through the texture of napari's visual,
which is private: one function touches it, and where it does not find what it expects, `refresh()`
follows, so seldom that it takes at most a tenth of the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, QTimer

from napari_fidelity.widgets.jobs import is_alive

Pixels = npt.NDArray[Any]  # Any: the layer's dtype
REFRESH_SHARE = 0.1  # of the time, at most, for whole refreshes
MIN_REFRESH_MS = 60
TELL_S = 0.25  # between two `data` events


class PartialRefresh(QObject):
    """Writes into the array of `layer` in place and keeps the canvas up to date. Main thread.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layer is shown; without a window nothing is sent to a graphics card.
    layer : Image
        Its data is a numpy array.
    parent : QObject, optional
        Dies with it.
    """

    def __init__(self, viewer: ViewerModel, layer: ImageLayer, parent: QObject | None = None):
        super().__init__(parent)
        self._viewer = viewer
        self.layer = layer
        self._refresh_s = self._told_s = 0.0
        self._is_told = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._refresh)

    def write(
        self, index: Sequence[int], start: Sequence[int], stop: Sequence[int], pixels: Pixels
    ) -> None:
        """Put `pixels` into the plane `index` from `start` to `stop`, and show them."""
        plane = self.layer.data[tuple(index)]
        plane[start[0] : stop[0], start[1] : stop[1]] = pixels
        self._is_told = False
        if time.perf_counter() - self._told_s > TELL_S:
            self._tell()
        key = (*(slice(i, i + 1) for i in index), *(map(slice, start, stop)))
        if not self.layer.visible or not is_in_view(self.layer, key):
            return
        if not show_box(self._viewer, self.layer, key) and not self._timer.isActive():
            wait_ms = 1000 * self._refresh_s * (1 / REFRESH_SHARE - 1)
            self._timer.start(max(MIN_REFRESH_MS, round(wait_ms)))

    def settle(self) -> None:
        """After the last box: show and tell what still waits, and draw the thumbnail anew."""
        if not is_alive(self) or self.layer not in self._viewer.layers:
            return
        if not self._is_told:
            self._tell()
        if self._timer.isActive():
            self._timer.stop()
            self._refresh()
        else:
            self.layer.refresh(data_displayed=False, highlight=False, extent=False)

    def _tell(self) -> None:
        """Let those know who measure the layer or draw its histogram: its data are others."""
        self._is_told, self._told_s = True, time.perf_counter()
        self.layer.events.data(value=self.layer.data)

    def _refresh(self) -> None:
        started = time.perf_counter()
        self.layer.refresh(extent=False)
        self._refresh_s = time.perf_counter() - started


def is_in_view(layer: ImageLayer, key: Sequence[slice]) -> bool:
    """Whether the box `key` of the layer's data meets the slice that is shown; if unknown, yes."""
    shown = _shown_point(layer)
    return shown is None or all(
        key[axis].start <= at < key[axis].stop for axis, at in shown.items()
    )


def show_box(viewer: ViewerModel, layer: ImageLayer, key: Sequence[slice]) -> bool:
    """Send the box `key` of the layer's data to the graphics card; whether that was possible.

    Possible for a grey image in memory, shown in 2-D as its own pixels: one texture, or the
    tiles in which napari draws images that are larger than a texture may be.
    """
    try:
        visual: Any = viewer.window._qt_viewer.canvas.layer_to_visual[layer]
        view = layer._slice.image.view
        seen = layer._slice_input
        if seen.ndisplay != 2 or not np.may_share_memory(view, layer.data):
            return False
        box = tuple(key[axis] for axis in seen.displayed)
        parts = list(_textures(visual.node, view.shape))
        if not parts or not all(_holds_view(part, view) for part, _ in parts):
            return False
        for part, (top, left) in parts:
            _send(part, view, box, top, left)
        visual.node.update()
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, RuntimeError):
        return False  # another napari, a window that closes, a layer that is not drawn yet
    return True


def _textures(node: Any, shape: tuple[int, ...]) -> Iterator[tuple[Any, tuple[int, int]]]:
    """The visuals that hold the image, each with the place of its first pixel (Y, X)."""
    tiles = getattr(node, "adopted_children", None)
    if tiles is None:
        if tuple(node._texture.shape[:2]) == tuple(shape):
            yield node, (0, 0)
        return
    for tile, (left, top) in zip(tiles, node.offsets, strict=True):
        yield tile, (top, left)


def _holds_view(part: Any, view: Pixels) -> bool:
    """Whether the visual draws the very pixels of the layer, not a copy of another type."""
    return bool(part._data.dtype == view.dtype and np.may_share_memory(part._data, view))


def _send(part: Any, view: Pixels, box: tuple[slice, ...], top: int, left: int) -> None:
    if part._need_texture_upload:  # the next drawing sends everything
        return
    height, width = part._texture.shape[:2]
    rows = slice(max(box[0].start, top), min(box[0].stop, top + height))
    columns = slice(max(box[1].start, left), min(box[1].stop, left + width))
    if rows.start < rows.stop and columns.start < columns.stop:
        patch = np.array(view[rows, columns], order="C")  # a copy: it is sent when drawn
        part._texture.scale_and_set_data(patch, offset=(rows.start - top, columns.start - left))


def _shown_point(layer: ImageLayer) -> dict[int, int] | None:
    """Index of the shown slice along each axis that is not displayed; None when not known."""
    try:
        seen: Any = layer._slice_input
        point = np.round(layer.world_to_data(seen.world_slice.point)).astype(int)
        if any(seen.world_slice.margin_left) or any(seen.world_slice.margin_right):
            return None  # several slices are shown as one
        return {axis: int(point[axis]) for axis in seen.not_displayed}
    except AttributeError:
        return None
