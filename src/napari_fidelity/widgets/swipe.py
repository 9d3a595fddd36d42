"""Two layers in one canvas, one on each side of a line that can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_pair import LayerPair
from napari_fidelity.widgets.swipe_clip import UNKNOWN, SwipeClip, canvas_of
from napari_fidelity.widgets.swipe_divider import SwipeDivider

NOT_HERE = "This napari draws its layers in a way that a swipe does not know: choose another view."
DRAWING = ("add_polygon", "add_polygon_lasso", "add_path", "add_polyline", "polygon")
NO_WINDOW = "A swipe needs napari's window."


class Swipe(CompareMode):
    """The left layer up to a line, the right one from there on.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject, optional
        The dock.
    """

    key = "swipe"
    title = "Swipe"
    purpose = "Two layers in one canvas; a line between them follows the mouse and arrow keys."
    needs_grid = False

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(viewer, parent)
        self.pair = LayerPair("Left", "Right")
        self.pair.changed.connect(self._on_pair_changed)
        self.divider: SwipeDivider | None = None
        self._clips: list[SwipeClip] = []
        self._canvas: Any = None  # Any: napari's canvas is private
        self._position = 0.5

    def controls(self) -> QWidget:
        """Which layer is on which side."""
        return self.pair

    def problem(self, layers: Sequence[Layer]) -> str:
        """Why `layers` cannot be shown so; empty when they can."""
        try:
            canvas_of(self.viewer)
        except UNKNOWN:
            return NO_WINDOW
        return super().problem(layers)

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return "Drag the line, or press ← and → (with Shift: further). Esc ends the swipe."

    def _show(self) -> None:
        self.pair.offer(self.layers)
        pair = self.pair.layers()
        if pair is None:
            return
        self._set_grid()
        self._show_only(pair, (ImageLayer, *{type(layer) for layer in self.layers}))
        if not self._open_divider():
            QTimer.singleShot(0, self._say_not_here)
            return
        assert self.divider is not None
        self.divider.name_sides(*(layer.name if self._captions else "" for layer in pair))
        if [clip.layer for clip in self._clips] != list(pair):
            self._drop_clips()
            self._clips = [SwipeClip(self.viewer, layer) for layer in pair]
        self._redraw()

    def _in_sight(self) -> Sequence[Layer]:
        """The layers that must be visible now."""
        return self.pair.layers() or ()

    def _open_divider(self) -> bool:
        if self.divider is not None and is_alive(self.divider):
            return True
        try:
            self._canvas = canvas_of(self.viewer)
            divider = SwipeDivider(self._canvas.native, self._is_drawing)
            self._canvas.events.draw.connect(self._on_draw, position="first")
        except UNKNOWN:
            return False
        self.divider = divider
        divider.moved.connect(self._on_moved)
        divider.escaped.connect(lambda: self.ended.emit(""))
        divider.move_to(self._position)
        divider.show()
        divider.setFocus()
        for layer in self.viewer.layers:
            layer.events.name.connect(self._on_renamed)
        return True

    def _is_drawing(self) -> bool:
        """Whether Esc is the key that finishes what a person draws in the active layer."""
        active = self.viewer.layers.selection.active
        return active is not None and str(getattr(active, "mode", "")) in DRAWING

    def _on_renamed(self) -> None:
        pair = self.pair.layers()
        if self.divider is not None and pair is not None and is_alive(self):
            self.pair.offer(self.layers)
            self.divider.name_sides(*(layer.name if self._captions else "" for layer in pair))

    def _on_pair_changed(self) -> None:
        if self.is_on:
            self._show()

    def _on_moved(self, position: float) -> None:
        self._position = position
        self._redraw()

    def _redraw(self) -> None:
        self._clip()
        try:
            self._canvas._scene_canvas.update()
        except UNKNOWN:
            return

    def _on_draw(self, event: object = None) -> None:  # noqa: ARG002  # VisPy's
        """Before every drawing: the canvas may have another size, a layer another visual."""
        if not self._clip():
            QTimer.singleShot(0, self._say_not_here)

    def _clip(self) -> bool:
        edges = ((0.0, self._position), (self._position, 1.0))
        pairs = zip(self._clips, edges, strict=False)
        return all(clip.keep(*edge) for clip, edge in pairs if self._is_shown(clip.layer))

    def _is_shown(self, layer: Layer) -> bool:
        return any(layer is shown for shown in self.viewer.layers)

    def _say_not_here(self) -> None:
        if is_alive(self) and self.is_on:
            self.ended.emit(NOT_HERE)

    def _drop_clips(self) -> None:
        for clip in self._clips:
            clip.remove()
        self._clips = []

    def drop(self, layer: Layer) -> None:
        """`layer` was deleted from the viewer: let go of it."""
        self._clips = [clip for clip in self._clips if clip.layer is not layer]
        layer.events.name.disconnect(self._on_renamed)
        super().drop(layer)

    def end(self) -> None:
        """Let the viewer be as it was."""
        self._drop_clips()
        for layer in self.viewer.layers:
            layer.events.name.disconnect(self._on_renamed)
        if self._canvas is not None:
            self._canvas.events.draw.disconnect(self._on_draw)
            self._canvas = None
        if self.divider is not None and is_alive(self.divider):
            self.divider.close_divider()
        self.divider = None
        super().end()
