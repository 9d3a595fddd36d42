"""One comparison from its first click to its end: layers, a way of showing them, one contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, Signal

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.blink import Blink
from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.own_views import OwnViews
from napari_fidelity.widgets.shared_contrast import SharedContrast
from napari_fidelity.widgets.side_by_side import SideBySide
from napari_fidelity.widgets.swipe import Swipe

ONE_LEFT = "One layer is left: the comparison has ended."


def make_modes(viewer: ViewerModel, parent: QObject) -> Catalog[CompareMode]:
    """The ways of showing layers, in the order of their buttons."""
    kinds = (SideBySide, Swipe, Blink, OwnViews)
    return Catalog("view", [kind(viewer, parent) for kind in kinds])


class CompareSession(QObject):
    """Shows layers in one of the modes; `stop` leaves the viewer as it was before `start`.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject
        The dock.

    Attributes
    ----------
    changed : Signal
        Emitted when a comparison began, goes on with other layers, or in another mode.
    ended : Signal
        Emitted after the end, with a sentence that says why; it is empty when a person stopped.
    said : Signal
        Emitted with a hint on what can be done now.
    """

    changed = Signal()
    ended = Signal(str)
    said = Signal(str)

    def __init__(self, viewer: ViewerModel, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self.modes = make_modes(viewer, self)
        self.mode = self.modes[next(iter(self.modes))]
        self.contrast = SharedContrast()
        self._captions, self._is_contrast_shared = True, True
        self._layers: list[Layer] = []
        for mode in self.modes.values():
            mode.ended.connect(self.stop)
            mode.said.connect(self.said)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def is_on(self) -> bool:
        """Whether layers are compared now."""
        return bool(self._layers)

    @property
    def layers(self) -> list[Layer]:
        """Those that are compared now, the bottom one first."""
        return list(self._layers)

    def problem(self, layers: Sequence[Layer]) -> str:
        """Why `layers` cannot be compared in this mode; empty when they can."""
        return self.mode.problem(layers)

    def start(self, layers: Sequence[Layer]) -> None:
        """Show `layers`, the bottom one first.

        Raises
        ------
        UserError
            They cannot be shown in this mode.
        """
        if problem := self.problem(layers):
            raise UserError(problem)
        self._layers = list(layers)
        self._share_contrast()
        self.mode.begin(self._layers, captions=self._captions)
        self.changed.emit()

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Go on with other layers; with fewer than two the comparison ends."""
        if not self.is_on:
            return
        if self.problem(layers):
            self.stop(ONE_LEFT)
            return
        self._layers = list(layers)
        self._share_contrast()
        self.mode.change(self._layers, captions=self._captions)
        self.changed.emit()

    def set_mode(self, key: str) -> None:
        """Show the layers in another way from now on.

        Raises
        ------
        UserError
            There is no such way, or it does not work for these layers.
        """
        mode = self.modes[key]
        if mode is self.mode:
            return
        if self.is_on and (problem := mode.problem(self._layers)):
            raise UserError(problem)
        if self.is_on:
            self.mode.end()
        self.mode = mode
        if self.is_on:
            mode.begin(self._layers, captions=self._captions)
        self.changed.emit()

    def set_captions(self, on: bool) -> None:
        """Write each layer's name over it, or do not."""
        self._captions = on
        if self.is_on:
            self.mode.change(self._layers, captions=on)

    def set_contrast_shared(self, on: bool) -> None:
        """Show all images in one contrast, or each in its own."""
        self._is_contrast_shared = on
        if self.is_on:
            self._share_contrast()

    def _share_contrast(self) -> None:
        if self._is_contrast_shared:
            self.contrast.begin(self._layers)
        else:
            self.contrast.end()

    def stop(self, reason: str = "") -> None:
        """End the comparison: grid, visibility, captions, contrast, camera are as before."""
        if not self.is_on:
            return
        self._layers = []
        self.mode.end()
        self.contrast.end()
        self.ended.emit(reason)

    def _on_removed(self, event: Any) -> None:  # Any: napari's event
        if not is_alive(self):
            return
        if not any(event.value is layer for layer in self._layers):
            self.mode.state.give_back(event.value)  # it was hidden meanwhile
            return
        self._layers = [layer for layer in self._layers if layer is not event.value]
        self.contrast.drop(event.value)
        self.mode.drop(event.value)
        if self.mode.problem(self._layers):
            self._layers = self._layers or [event.value]  # still on, until it has stopped
            self.stop(f"“{event.value.name}” was deleted. {ONE_LEFT}")
        else:
            self.mode.change(self._layers, captions=self._captions)
            self.changed.emit()
