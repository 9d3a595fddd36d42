"""The temporary layer that shows a preview on the image, and the frame around a part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fidelity.core.image import Image
from napari_fidelity.operations.mask_pixels import holds_labels
from napari_fidelity.widgets.kept_selection import keep_selection
from napari_fidelity.widgets.layer_frames import display_from_layer
from napari_fidelity.widgets.own_result import set_frame
from napari_fidelity.widgets.temporary_layers import TEMPORARY

LOOK_EVENTS = ("contrast_limits", "colormap", "gamma", "interpolation2d")
HIDING = ("translucent", "translucent_no_depth", "opaque")  # what lies under it is not seen
LINE_PX = 2.0  # of the canvas
FRAME_LABEL = 2  # around a mask: in a colour other than that of its foreground


class PreviewLayer:
    """One layer over its source: added, updated, removed; the selection stays.

    It shows a mask as the outlines of labels, so that the labels under it can be compared, and
    anything else as an image.

    It is marked as temporary: no list of a dock offers it and no operation reads it.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._source: Layer | None = None
        self.layer: ImageLayer | Labels | None = None

    def is_shown(self) -> bool:
        """Whether the layer is still among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    def show(
        self,
        result: Image,
        frame: Mapping[str, Any],  # Any: keywords of add_image
        source: ImageLayer,
        above: Layer | None = None,
        *,
        line_px: int = 1,
    ) -> ImageLayer | Labels:
        """Show `result` over `source`: an image in its contrast and colours, labels as outlines.

        Parameters
        ----------
        result : Image
            Pixels.
        frame : mapping
            Where they lie.
        source : Image layer
            The layer that they were made from.
        above : Layer, optional
            The layer over which it is put. Default: `source`.
        line_px : int
            Of outlines, in pixels.
        """
        if self.layer is not None and (not self.is_shown() or source is not self._source):
            self.hide()
        if self.layer is None:
            self._add(result, frame, source, source if above is None else above)
        else:
            if self.layer.data.shape != result.shape:
                set_frame(self.layer, frame)
                self.layer.data = result.array
            else:
                self.layer.data = result.array
                set_frame(self.layer, frame)
            self.layer.visible = source.visible
        assert self.layer is not None
        if isinstance(self.layer, Labels):
            self.layer.contour = line_px
        return self.layer

    def hide(self) -> None:
        """Take the layer away."""
        if self._source is not None:
            for name in LOOK_EVENTS:
                getattr(self._source.events, name).disconnect(self._follow_look)
            self._source.events.visible.disconnect(self._follow_sight)
        layer, self.layer, self._source = self.layer, None, None  # so that nobody else removed it
        if layer is not None and layer in self._viewer.layers:
            self._viewer.layers.remove(layer)

    def _add(
        self,
        result: Image,
        frame: Mapping[str, Any],  # Any: as above
        source: ImageLayer,
        above: Layer,
    ) -> None:
        given = {
            "name": f"preview of {source.name}",
            "metadata": dict(TEMPORARY),
            "blending": "translucent_no_depth",
            **frame,
        }
        layer: ImageLayer | Labels
        if holds_labels(result):
            layer = Labels(result.array, opacity=1, **given)
        else:
            layer = ImageLayer(result.array, **given, **display_from_layer(source))
            layer.interpolation2d = source.interpolation2d
        layer.editable = False
        layer.visible = source.visible
        self.layer, self._source = layer, source
        layers = self._viewer.layers
        with keep_selection(layers):
            layers.insert(self._find_place(above), layer)
        for name in LOOK_EVENTS:
            getattr(source.events, name).connect(self._follow_look)
        source.events.visible.connect(self._follow_sight)

    def _find_place(self, above: Layer) -> int:
        """Over `above`, and over the images that would hide the preview there."""
        layers = self._viewer.layers
        place = layers.index(above) + 1 if above in layers else len(layers)
        for index in range(place, len(layers)):
            hides = isinstance(layers[index], ImageLayer) and layers[index].visible
            if hides and layers[index].blending in HIDING:
                place = index + 1
        return place

    def _follow_look(self) -> None:
        if isinstance(self.layer, ImageLayer) and isinstance(self._source, ImageLayer):
            for name in LOOK_EVENTS:
                setattr(self.layer, name, getattr(self._source, name))

    def _follow_sight(self) -> None:
        if self.layer is not None and self._source is not None:
            self.layer.visible = self._source.visible


def add_frame(image: Image, width_px: int, level: float) -> Image:
    """`image` with a border of one grey level around it: it shows where a preview ends.

    napari's own line around a layer crashes drivers that draw it once more after its layer has
    been removed, so the border is made of pixels.

    Parameters
    ----------
    image : Image
        The result; what is around it is no part of it.
    width_px : int
        Of the border, in pixels.
    level : float
        Such as the upper contrast limit.

    Examples
    --------
    >>> framed = add_frame(Image(np.zeros((2, 2)), scale=(0.5, 0.5)), 1, 9)
    >>> framed.shape, framed.translate, framed.array[0].tolist()
    ((4, 4), (-0.5, -0.5), [9.0, 9.0, 9.0, 9.0])
    """
    widths = [0] * (image.array.ndim - 2) + [width_px] * 2
    moved = zip(image.translate, widths, image.scale, strict=True)
    return replace(
        image,
        array=np.pad(image.array, [(width, width) for width in widths], constant_values=level),
        translate=tuple(zero - width * size for zero, width, size in moved),
    )
