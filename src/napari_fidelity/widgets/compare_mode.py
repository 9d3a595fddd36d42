"""One way of showing layers beside each other: what the Compare dock asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.comparison_state import CameraLoan, ComparisonState
from napari_fidelity.widgets.jobs import is_alive

LINKED = (
    "Some of these layers are linked in napari, so that one hides another: unlink them with a "
    "right click in the layer list, then compare."
)
CAPTION_PT = 10.0
SMALLEST_CAPTION_PT = 6.0
CAPTION_WIDTH = 0.72  # of a letter, in units of its height in pixels
PX_PER_PT = 96 / 72
CAPTION_COLOR, CAPTION_BOX = (1.0, 1.0, 1.0, 1.0), (0.0, 0.0, 0.0, 0.65)


class CompareMode(QObject):
    """Shows layers in one way from `begin` to `end`; everything it changes goes through `state`.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer itself, no proxy.
    parent : QObject, optional
        The dock.

    Attributes
    ----------
    key, title, purpose : str
        Its name in code, on its button, and what it shows, in a sentence.
    ended : Signal
        Emitted with a sentence when it cannot go on, or when a person ended it elsewhere.
    said : Signal
        Emitted with a hint on what can be done now.
    """

    key = ""
    title = ""
    purpose = ""
    needs_grid: bool | None = None  # napari's grid on, off, or as it is
    ended = Signal(str)
    said = Signal(str)

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.viewer = viewer
        self.state = ComparisonState()
        self.camera = CameraLoan(viewer)
        self.layers: list[Layer] = []
        self._captions = True

    @property
    def is_on(self) -> bool:
        """Whether layers are shown in this way now."""
        return bool(self.layers)

    def controls(self) -> QWidget | None:
        """A row of settings for the dock; None when there is nothing to set."""
        return None

    def problem(self, layers: Sequence[Layer]) -> str:
        """Why `layers` cannot be shown so; empty when they can."""
        return "" if len(layers) > 1 else "Tick two layers or more to compare them."

    def hint(self) -> str:
        """What a person can do now, in a sentence."""
        return ""

    def begin(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Show `layers`, the bottom one first."""
        self.layers, self._captions = list(layers), captions
        self._show()
        self.viewer.canvas.grid.events.enabled.connect(self._on_grid_switched)
        if not all(layer.visible for layer in self._in_sight()):
            QTimer.singleShot(0, self._say_linked)

    def _in_sight(self) -> Sequence[Layer]:
        """The layers that must be visible now."""
        return self.layers

    def _say_linked(self) -> None:
        """What was shown is hidden again: a link in napari lets layers come and go together."""
        if is_alive(self) and self.is_on:
            self.ended.emit(LINKED)

    def _on_grid_switched(self) -> None:
        """A person switched napari's grid: that ends what needs it as it was."""
        now = bool(self.viewer.canvas.grid.enabled)
        if is_alive(self) and self.is_on and self.needs_grid not in (now, None):
            word = "on" if now else "off"
            self.ended.emit(f"The grid was switched {word}: the comparison has ended.")

    def change(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Show other layers than before; those that leave are as they were."""
        for gone in [layer for layer in self.layers if not any(layer is new for new in layers)]:
            self.state.give_back(gone)
        self.layers, self._captions = list(layers), captions
        self._show()

    def drop(self, layer: Layer) -> None:
        """`layer` was deleted from the viewer: let go of it."""
        self.layers = [kept for kept in self.layers if kept is not layer]
        self.state.give_back(layer)

    def show_next(self) -> None:
        """What the key for it does: show the next layer, where layers take turns."""

    def end(self) -> None:
        """Let the viewer be as it was."""
        self.viewer.canvas.grid.events.enabled.disconnect(self._on_grid_switched)
        self.layers = []
        self.state.give_back()
        self.camera.give_back()

    def _show(self) -> None:
        """Set the viewer up for `layers`."""

    def _set_grid(self) -> None:
        if self.needs_grid is not None:
            self.state.set(self.viewer.canvas.grid, "enabled", self.needs_grid)

    def _show_only(self, layers: Sequence[Layer], kinds: tuple[type[Layer], ...]) -> None:
        """Show `layers` and hide every other one of `kinds`; the rest stays as it is."""
        for layer in self.viewer.layers:
            if any(layer is shown for shown in layers):
                self.state.set(layer, "visible", True)
            elif isinstance(layer, kinds):
                self.state.set(layer, "visible", False)

    def _show_captions(self, layers: Sequence[Layer], width_px: float, *, on: bool) -> None:
        """Let napari write each layer's name over it, light on a dark band: seen on any image."""
        longest = max((len(layer.name) for layer in layers), default=1)
        size = caption_size(longest, width_px)
        for layer in layers:
            overlay = layer.name_overlay
            values: dict[str, Any] = {"visible": on}  # Any: fields of the overlay
            if on:
                values |= {"box": True, "color": CAPTION_COLOR, "box_color": CAPTION_BOX}
                values |= {"font_size": size, "position": "top_left"}
            for name, value in values.items():
                self.state.set(overlay, name, value, owner=layer)


def caption_size(letters: int, width_px: float) -> float:
    """Size in points at which so many letters fit into a width; never too small to read.

    Examples
    --------
    >>> caption_size(5, 400.0)
    10.0
    >>> round(caption_size(60, 400.0), 1)
    6.4
    """
    fitting = (width_px - 30) / max(letters, 1) / CAPTION_WIDTH / PX_PER_PT
    return float(min(CAPTION_PT, max(SMALLEST_CAPTION_PT, fitting)))
