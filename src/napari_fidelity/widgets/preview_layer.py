"""The temporary layer that shows a preview on the image, with a frame around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.layer_frames import display_from_layer
from napari_fidelity.widgets.own_result import set_frame
from napari_fidelity.widgets.temporary_layers import TEMPORARY

LOOK_EVENTS = ("contrast_limits", "colormap", "gamma", "interpolation2d")
LINE_PX = 2.0


class PreviewLayer:
    """One image layer over its source: added, updated, removed; the selection stays.

    It is marked as temporary: no list of a dock offers it and no operation reads it.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._source: Layer | None = None
        self.layer: ImageLayer | None = None

    def is_shown(self) -> bool:
        """Whether the layer is still among the viewer's."""
        return self.layer is not None and self.layer in self._viewer.layers

    def show(
        self,
        result: Image,
        frame: Mapping[str, Any],  # Any: keywords of add_image
        source: ImageLayer,
        above: Layer | None = None,
        color: str = "#ffffff",
    ) -> ImageLayer:
        """Show `result` over `source`, in its contrast and colours.

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
        color : str
            Of the line around it.
        """
        if self.layer is not None and (not self.is_shown() or source is not self._source):
            self.hide()
        if self.layer is None:
            self._add(result, frame, source, source if above is None else above, color)
        else:
            if self.layer.data.shape != result.shape:
                set_frame(self.layer, frame)
                self.layer.data = result.array
            else:
                self.layer.data = result.array
                set_frame(self.layer, frame)
            self.layer.visible = source.visible
        assert self.layer is not None
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
        color: str,
    ) -> None:
        layer = ImageLayer(
            result.array,
            name=f"preview of {source.name}",
            metadata=dict(TEMPORARY),
            blending="translucent_no_depth",
            **{**frame, **display_from_layer(source)},
        )
        layer.interpolation2d = source.interpolation2d
        layer.editable = False
        layer.bounding_box.points = False
        layer.bounding_box.line_thickness = LINE_PX
        layer.bounding_box.line_color = color
        layer.bounding_box.visible = True
        layer.visible = source.visible
        self.layer, self._source = layer, source
        layers = self._viewer.layers
        selected, active = set(layers.selection), layers.selection.active
        layers.insert(layers.index(above) + 1 if above in layers else len(layers), layer)
        layers.selection = selected
        layers.selection.active = active
        for name in LOOK_EVENTS:
            getattr(source.events, name).connect(self._follow_look)
        source.events.visible.connect(self._follow_sight)

    def _follow_look(self) -> None:
        if self.layer is not None and isinstance(self._source, ImageLayer):
            for name in LOOK_EVENTS:
                setattr(self.layer, name, getattr(self._source, name))

    def _follow_sight(self) -> None:
        if self.layer is not None and self._source is not None:
            self.layer.visible = self._source.visible
