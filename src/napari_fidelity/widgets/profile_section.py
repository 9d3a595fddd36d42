"""The line profile of the Compare dock: values of all chosen layers along one drawn line."""

from __future__ import annotations

from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtWidgets import QWidget


class ProfileSection(QWidget):
    """A line to draw, the profiles of the chosen layers along it, figure and CSV.

    Parameters
    ----------
    viewer : ViewerModel
        Where the line is drawn.
    chosen : sequence of Layer
        The layers to compare.
    """

    def __init__(
        self, viewer: ViewerModel, chosen: Sequence[Layer] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layers = list(chosen)

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Compare these layers from now on."""
        self._layers = list(layers)

    def close_section(self) -> None:
        """Stop following, and take away what the section added to the viewer."""
