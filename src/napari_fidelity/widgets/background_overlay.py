"""The pixels in which noise was compared, shown as a Labels layer over the images."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_fidelity.widgets.assess_verdicts import BACKGROUND_ROLE
from napari_fidelity.widgets.layer_frames import frame_from_layer
from napari_fidelity.widgets.layers import METADATA_KEY

NAME = "background of Noise"
COLOR = "#56b4e9"  # sky blue: told apart from the reds and greens that labels start with
Mask = np.ndarray[Any, np.dtype[np.bool_]]


class BackgroundOverlay:
    """One Labels layer of this dock, added, updated and removed; the selection stays.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self.layer: Labels | None = None

    def is_shown(self) -> bool:
        """Whether the layer is still among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    def show(self, background: Mask, *, like: Layer) -> Labels:
        """Show `background` on the pixels of `like`."""
        self.hide()
        colors = {0: "transparent", 1: COLOR, None: "transparent"}
        layer = Labels(
            background.astype(np.uint8),
            name=NAME,
            opacity=0.45,
            colormap=DirectLabelColormap(color_dict=colors),
            metadata={METADATA_KEY: {"role": BACKGROUND_ROLE}},
            **frame_from_layer(like),
        )
        layer.editable = False
        add_on_top(self._viewer, layer)
        self.layer = layer
        return layer

    def hide(self) -> None:
        """Take the layer away."""
        if self.is_shown():
            assert self.layer is not None
            self._viewer.layers.remove(self.layer)
        self.layer = None


def add_on_top(viewer: ViewerModel, layer: Layer) -> None:
    """Add `layer` without taking the brush or the selection from the layer that has it."""
    selected, active = set(viewer.layers.selection), viewer.layers.selection.active
    viewer.layers.append(layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
