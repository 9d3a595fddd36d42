"""Layers in the cells of napari's own grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer

from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.temporary_layers import is_temporary
from napari_fidelity.widgets.view_region import best_grid, place_in_cells, shown_region

SPACING_PX = 4
OWN_CELL = (
    "Shapes and masks have a cell of their own here, and can be drawn in any cell. Swipe, Blink "
    "and Own window show them over the images."
)


class SideBySide(CompareMode):
    """One cell for each layer in napari's grid, all showing the part that the canvas showed.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject, optional
        The dock.
    """

    key = "grid"
    title = "Side by side"
    purpose = "Each layer in a cell of napari's grid; pan and zoom move all of them."
    needs_grid = True

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return "Drag and scroll in any cell: all of them follow."

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(viewer, parent)
        self._cells = 0
        self._before: list[Layer] = []  # there when the comparison began
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._recount)

    def begin(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Show `layers`, the bottom one first."""
        self._before = list(self.viewer.layers)
        super().begin(layers, captions=captions)
        for emitter in self._emitters():
            emitter.connect(self._on_layers_changed)

    def _emitters(self) -> tuple[Any, ...]:  # Any: napari's emitters
        events = self.viewer.layers.events
        return events.inserted, events.removed

    def _on_layers_changed(self) -> None:
        """A preview, a map or a line to measure along came or went: it has a cell, too."""
        if is_alive(self) and self.is_on:
            self._timer.start(0)

    def _recount(self) -> None:
        if self.is_on and self._count() != self._cells:
            self._show()
            if any(not isinstance(guest, ImageLayer) for guest in self._guests()):
                self.said.emit(OWN_CELL)

    def _count(self) -> int:
        return sum(1 for layer in self.viewer.layers if layer.visible)

    def _guests(self) -> list[Layer]:
        """Visible layers that are not compared: what other docks show, what was added since."""
        others = [layer for layer in self.viewer.layers if not _is_in(layer, self.layers)]
        return [
            layer
            for layer in others
            if layer.visible and (is_temporary(layer) or not _is_in(layer, self._before))
        ]

    def _show(self) -> None:
        grid = self.viewer.canvas.grid
        guests = self._guests()
        self._before += [layer for layer in self.layers if not _is_in(layer, self._before)]
        self._show_only([*self.layers, *guests], (Layer,))
        self._cells = self._count()
        place = self.camera.before()
        region = shown_region(self.viewer, place, self.layers)
        canvas = (float(self.viewer.canvas.size[0]), float(self.viewer.canvas.size[1]))
        sizes = np.subtract(region[1], region[0])
        rows = best_grid(self._cells, canvas, (float(sizes[0]), float(sizes[1])))
        columns = math.ceil(self._cells / rows)
        for name, value in (
            ("stride", 1),
            ("shape", (rows, -1)),
            ("spacing", SPACING_PX),
        ):
            self.state.set(grid, name, value)
        self._set_grid()
        cell = (canvas[0] / rows - SPACING_PX, canvas[1] / columns - SPACING_PX)
        if min(cell) > 0:
            self._zoom(region, cell, canvas)
        self._show_captions([*self.layers, *guests], cell[1], on=self._captions)

    def _zoom(
        self,
        region: tuple[tuple[float, float], tuple[float, float]],
        cell: tuple[float, float],
        canvas: tuple[float, float],
    ) -> None:
        place = self.camera.before()
        if self.viewer.dims.ndisplay == 2:
            self.camera.move(place_in_cells(region, cell, place))
        else:
            share = min(cell[0] / canvas[0], cell[1] / canvas[1])
            self.camera.move(type(place)(place.center, place.zoom * share))

    def end(self) -> None:
        """Let the viewer be as it was."""
        for emitter in self._emitters():
            emitter.disconnect(self._on_layers_changed)
        self._timer.stop()
        self._before = []
        super().end()


def _is_in(layer: Layer, layers: Sequence[Layer]) -> bool:
    return any(layer is other for other in layers)
