"""The layer that shows the difference of two layers on the plane that a viewer shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from napari.utils.colormaps import Colormap

from napari_fidelity.operations.difference import Kind, Pixels
from napari_fidelity.widgets.kept_selection import keep_selection
from napari_fidelity.widgets.layer_frames import frame_from_layer
from napari_fidelity.widgets.temporary_layers import TEMPORARY
from napari_fidelity.widgets.world_planes import WorldPlane

# Blue below, orange above, black where both are equal: apart for all eyes, quiet on the canvas.
SIGNED = Colormap(
    [[0.55, 0.85, 1.0], [0.1, 0.45, 0.85], [0, 0, 0], [0.85, 0.35, 0.05], [1.0, 0.85, 0.5]],
    name="below and above",
)
SIZES = "inferno"
PERCENTILE = 99.8
FEW = 1_000_000  # pixels that the contrast is found from


class DifferenceMap:
    """Adds, updates and removes the layer. Main thread.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: ImageLayer | None = None
        self._key: tuple[object, ...] = ()

    @property
    def layer(self) -> ImageLayer | None:
        """The layer; None when there is none, or a person deleted it."""
        return self._layer if self._layer in self._viewer.layers else None

    def is_mine(self, layer: object) -> bool:
        """Whether `layer` is the map, or was until a person deleted it."""
        return layer is self._layer

    def show(
        self, pixels: Pixels, *, like: Layer, plane: WorldPlane, kind: Kind, name: str
    ) -> None:
        """Show a map on the pixels of `plane`, a plane of `like`.

        The contrast is chosen anew for another pair of layers or kind of map; over the planes of
        a stack it stays.
        """
        whole, frame = _place(pixels, like, plane)
        layer, key = self.layer, (id(like), kind, name)
        if layer is None:
            limits = find_limits(pixels, kind)
            layer = ImageLayer(whole, name=name, metadata=dict(TEMPORARY), **map_look(kind, limits),
                               **frame)  # fmt: skip
            with keep_selection(self._viewer.layers):
                self._viewer.add_layer(layer)
            self._layer = layer
        else:
            if not np.allclose(layer.translate, frame["translate"]):
                layer.translate = frame["translate"]
            layer.data, layer.name = whole, name
            if key != self._key:
                for field, value in map_look(kind, find_limits(pixels, kind)).items():
                    setattr(layer, field, value)
        self._key = key

    def hide(self) -> None:
        """Remove the layer."""
        layer, self._layer, self._key = self.layer, None, ()
        if layer is not None:
            self._viewer.layers.remove(layer)


def _place(pixels: Pixels, like: Layer, plane: WorldPlane) -> tuple[Pixels, dict[str, Any]]:
    """The pixels with an axis of length 1 for each that is not shown, and where they lie."""
    index = plane.pixels.index
    shape = [1 if isinstance(entry, int) else -1 for entry in index]
    sizes = iter(pixels.shape)
    whole = pixels.reshape([next(sizes) if size < 0 else 1 for size in shape])
    frame = frame_from_layer(like)
    corner = tuple(entry if isinstance(entry, int) else 0 for entry in index)
    origin = (0,) * len(index)
    moved = np.asarray(like.data_to_world(corner)) - np.asarray(like.data_to_world(origin))
    linear = np.asarray(like.affine.linear_matrix)
    frame["translate"] = np.asarray(like.translate) + np.linalg.solve(linear, moved)
    return whole, frame


def map_look(kind: Kind, limits: tuple[float, float]) -> dict[str, Any]:  # Any: keywords of a layer
    """Colours and contrast of a map."""
    return {
        "colormap": SIGNED if kind == "difference" else SIZES,
        "contrast_limits": limits,
    }


def find_limits(pixels: Pixels, kind: Kind) -> tuple[float, float]:
    """Contrast that leaves out 0.2 % of the pixels; around 0 for signed differences."""
    step = max(1, int(np.sqrt(pixels.size / FEW)))
    few = pixels[..., ::step, ::step]
    sizes = np.abs(few[np.isfinite(few)])
    high = float(np.percentile(sizes, PERCENTILE)) if sizes.size else 0.0
    high = high or float(sizes.max(initial=0.0)) or 1.0
    return (-high, high) if kind == "difference" else (0.0, high)
