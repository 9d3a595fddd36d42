"""Layers in canvases of their own, in a second window; the first one stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.linked_views import LinkedViews

MOST = 9  # canvases: each takes half a second and its own memory on the graphics card


class OwnViews(CompareMode):
    """One canvas for each layer, with masks and shapes on all of them.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject, optional
        The dock.
    """

    key = "views"
    title = "Own window"
    purpose = "A canvas for each layer in a second window, with masks and shapes on all of them."

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(viewer, parent)
        self.window: LinkedViews | None = None

    def problem(self, layers: Sequence[Layer]) -> str:
        """Why `layers` cannot be shown so; empty when they can."""
        if _main_window(self.viewer) is None:
            return "A window of its own needs napari's window."
        if len(layers) > MOST:
            return f"A window shows up to {MOST} layers, {len(layers)} are ticked: untick some."
        return super().problem(layers)

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return "Pan, zoom and sliders are linked; untick that in the window to let one go ahead."

    def change(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Show other layers than before."""
        if self.window is not None and is_alive(self.window) and self.window.shows(layers):
            self.layers, self._captions = list(layers), captions
            self.window.show_captions(captions)
        else:
            super().change(layers, captions=captions)

    def _in_sight(self) -> Sequence[Layer]:
        """The layers that must be visible in the first window: none."""
        return ()

    def _show(self) -> None:
        if self.window is None or not is_alive(self.window):
            self.window = LinkedViews(self.viewer, _main_window(self.viewer))
            self.window.closed.connect(lambda: self.ended.emit(""))
        self.window.show_layers(self.layers, captions=self._captions)

    def end(self) -> None:
        """Close the window."""
        window, self.window = self.window, None
        if window is not None and is_alive(window):
            window.close_window()
        super().end()


def _main_window(viewer: ViewerModel) -> QWidget | None:
    """The window of `viewer`; None without one."""
    try:
        window = viewer.window._qt_window
    except (AttributeError, RuntimeError):
        return None
    return window if isinstance(window, QWidget) else None
