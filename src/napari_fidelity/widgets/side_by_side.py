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
from napari_fidelity.widgets.view_region import Box, best_grid, place_in_cells, shown_region

SPACING_PX = 4
SETTLE_MS = 50  # a window that is dragged larger tells each of its sizes
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

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(viewer, parent)
        self._before: list[Layer] = []  # there when the comparison began
        self._roles: dict[int, bool] = {}  # by layer, whether it is compared or hidden
        self._region: Box | None = None
        self._cells = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._recount)

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return "Drag and scroll in any cell: all of them follow."

    def begin(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Show `layers`, the bottom one first."""
        self._before = list(self.viewer.layers)
        super().begin(layers, captions=captions)
        for emitter in self._emitters():
            emitter.connect(self._on_changed)

    def end(self) -> None:
        """Let the viewer be as it was."""
        for emitter in self._emitters():
            emitter.disconnect(self._on_changed)
        self._timer.stop()
        self._before, self._roles, self._region = [], {}, None
        super().end()

    def _emitters(self) -> tuple[Any, ...]:  # Any: napari's emitters
        events = self.viewer.layers.events
        return events.inserted, events.removed, self.viewer.canvas.events.size

    def _on_changed(self) -> None:
        """A preview, a map, a line to measure along came or went; the canvas has another size."""
        if is_alive(self) and self.is_on:
            self._timer.start(SETTLE_MS)

    def _recount(self) -> None:
        if not self.is_on:
            return
        if self._count() != self._cells:
            self._show()
            if any(not isinstance(guest, ImageLayer) for guest in self._guests()):
                self.said.emit(OWN_CELL)
        elif self._region is not None and self.camera.is_ours():
            self._arrange(self._region)

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
        self._show_or_hide()
        self._cells = self._count()
        self._region = shown_region(self.viewer, self.camera.before(), self.layers)
        self._arrange(self._region)

    def _show_or_hide(self) -> None:
        """Give each layer its part, once: what a person shows or hides later stays so."""
        guests = self._guests()
        self._before += [layer for layer in self.layers if not _is_in(layer, self._before)]
        for layer in self.viewer.layers:
            role = _is_in(layer, self.layers)
            if not _is_in(layer, guests) and self._roles.get(id(layer)) is not role:
                self._roles[id(layer)] = role
                self.state.set(layer, "visible", role)

    def _arrange(self, region: Box) -> None:
        """Let every cell show `region`, as large as the canvas allows."""
        height, width = (float(size) for size in self.viewer.canvas.size)
        sizes = np.subtract(region[1], region[0])
        cells = max(self._cells, 1)
        rows = best_grid(cells, (height, width), (float(sizes[0]), float(sizes[1])))
        cell = (height / rows - SPACING_PX, width / math.ceil(cells / rows) - SPACING_PX)
        for name, value in (("stride", 1), ("shape", (rows, -1)), ("spacing", SPACING_PX)):
            self.state.set(self.viewer.canvas.grid, name, value)
        self._set_grid()
        if min(cell) > 0:
            place = self.camera.before()
            share = min(cell[0] / height, cell[1] / width)
            is_flat = self.viewer.dims.ndisplay == 2
            there = place_in_cells(region, cell, place) if is_flat else place.enlarged(share)
            self.camera.move(there)
        self._show_captions([*self.layers, *self._guests()], cell[1], on=self._captions)


def _is_in(layer: Layer, layers: Sequence[Layer]) -> bool:
    return any(layer is other for other in layers)
