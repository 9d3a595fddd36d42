"""A layer of which the canvas draws a part only: its visual gets one more line of shader code.

napari's clipping planes do nothing on images, so a filter of VisPy, which draws napari's canvas,
drops the pixels outside of a rectangle of the screen. The filter sits on the visual, which is
private to napari: this file alone touches it, and says so where it finds something else. No layer
is copied or changed; when the filter is taken off, nothing is left behind.
"""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from vispy.visuals.filters import Clipper

FAR = 1e6  # pixels: beyond every screen
UNKNOWN = (AttributeError, KeyError, TypeError, ValueError, RuntimeError)


class SwipeClip:
    """Draws the part of a layer between two shares of the canvas's width.

    Parameters
    ----------
    viewer : ViewerModel
        A viewer with a window.
    layer : Layer
        Any layer that napari draws.
    """

    def __init__(self, viewer: ViewerModel, layer: Layer) -> None:
        self._viewer, self.layer = viewer, layer
        self._filter = Clipper(bounds=(-FAR, -FAR, 2 * FAR, 2 * FAR))
        self._parts: list[Any] = []  # Any: VisPy's visuals
        self._bounds: tuple[float, float] = (-FAR, FAR)

    def keep(self, left: float, right: float) -> bool:
        """Draw what lies from `left` to `right` (0 to 1); whether this napari allows it."""
        try:
            canvas = canvas_of(self._viewer)
            width = float(canvas._scene_canvas.physical_size[0])
            start = left * width if left > 0 else -FAR
            stop = right * width if right < 1 else FAR
            self._attach(canvas.layer_to_visual[self.layer].node)
            if (start, stop) != self._bounds:
                self._bounds = start, stop
                self._filter.bounds = (start, -FAR, max(stop - start, 1e-3), 2 * FAR)
        except UNKNOWN:
            return False
        return True

    def remove(self) -> None:
        """Draw the layer whole again."""
        for part in self._parts:
            _detach(part, self._filter)
        self._parts = []

    def _attach(self, node: Any) -> None:  # Any: as above
        """Sit on the visuals that draw the layer now: others in 3-D, and for another size."""
        parts = list(getattr(node, "adopted_children", [node]))  # tiles of a large image
        if len(parts) == len(self._parts) and all(map(_is, parts, self._parts)):
            return
        self.remove()
        for part in parts:
            part.attach(self._filter)
            self._parts.append(part)


def canvas_of(viewer: ViewerModel) -> Any:  # Any: napari's canvas is private
    """The canvas of the viewer's window; AttributeError without one."""
    return viewer.window._qt_viewer.canvas


def _detach(part: Any, clip: Clipper) -> None:
    try:
        part.detach(clip)
        part.update()
    except UNKNOWN:
        return  # the visual is gone, and the filter with it


def _is(one: object, other: object) -> bool:
    return one is other
