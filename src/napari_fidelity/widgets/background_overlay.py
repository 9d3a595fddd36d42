"""The pixels in which noise was compared, shown as a Labels layer over the images."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from napari.utils.colormaps import DirectLabelColormap
from napari.utils.transforms import Affine

from napari_fidelity.widgets.assess_verdicts import BACKGROUND_ROLE
from napari_fidelity.widgets.kept_selection import keep_selection
from napari_fidelity.widgets.layer_frames import frame_from_layer
from napari_fidelity.widgets.layers import METADATA_KEY

NAME = "background of Noise"
COLOR = "#56b4e9"  # sky blue: told apart from the reds and greens that labels start with
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


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

    def show(self, background: Mask, *, like: Layer, plane: tuple[int, ...] = ()) -> Labels:
        """Show `background` on the pixels of `like`, or on those of one of its planes."""
        pixels = background.view(np.uint8)[(np.newaxis,) * len(plane)]
        frame = frame_of_plane(like, plane)
        if self.is_shown() and self._is_placed(pixels, frame):
            assert self.layer is not None
            self.layer.data = pixels
            return self.layer
        self.hide()
        colors = {0: "transparent", 1: COLOR, None: "transparent"}
        layer = Labels(
            pixels,
            name=NAME,
            opacity=0.45,
            colormap=DirectLabelColormap(color_dict=colors),
            metadata={METADATA_KEY: {"role": BACKGROUND_ROLE}},
            **frame,
        )
        layer.editable = False
        add_on_top(self._viewer, layer)
        self.layer = layer
        return layer

    def _is_placed(self, pixels: Pixels, frame: dict[str, Any]) -> bool:  # Any: as frame_of_plane
        """Whether the layer lies where these pixels belong."""
        layer = self.layer
        if layer is None or layer.data.shape != pixels.shape:
            return False
        moved = ("scale", "translate", "rotate", "shear", "affine")
        return all(np.array_equal(getattr(layer, n), np.asarray(frame[n])) for n in moved)

    def hide(self) -> None:
        """Take the layer away."""
        if self.is_shown():
            assert self.layer is not None
            self._viewer.layers.remove(self.layer)
        self.layer = None


def frame_of_plane(layer: Layer, plane: tuple[int, ...]) -> dict[str, Any]:  # Any: keywords
    """Keywords that put a new layer, one pixel thick, on the plane of `layer` at an index."""
    frame = frame_from_layer(layer)
    if plane:
        matrix = Affine(scale=layer.scale, rotate=layer.rotate, shear=layer.shear).linear_matrix
        index = np.zeros(layer.ndim)
        index[: len(plane)] = plane
        frame["translate"] = np.asarray(layer.translate) + matrix @ index
    return frame


def add_on_top(viewer: ViewerModel, layer: Layer) -> None:
    """Add `layer` without taking the brush or the selection from the layer that has it."""
    with keep_selection(viewer.layers):
        viewer.layers.append(layer)
