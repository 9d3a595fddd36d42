"""The layer that a dock writes its results into, and when it must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.layer_results import (
    add_result_layer,
    fingerprint,
    update_result_layer,
)


@dataclass(frozen=True)
class Destination:
    """Where a result belongs, noted when the computation starts.

    Parameters
    ----------
    mask : Layer
        The layer it is made from; it may be deleted or renamed meanwhile.
    frame : mapping
        The mask's frame then, as keywords of `add_image`.
    look_of : Layer, optional
        The matched layer.
    look : mapping
        That layer's contrast limits and colours then.
    """

    mask: Layer
    frame: Mapping[str, Any]  # Any: keywords of add_image
    look_of: Layer | None = None
    look: Mapping[str, Any] = field(default_factory=dict)  # Any: as above


class OwnResult:
    """One layer that is updated as long as it is ours, there, and not edited by hand."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layer: ImageLayer | None = None
        self._written = 0
        self._given_name = ""
        self._destination: Destination | None = None

    def layer(self) -> ImageLayer | None:
        """The layer, if it has not been deleted."""
        return self._layer if self._layer in self._viewer.layers else None

    def keep(self) -> None:
        """Leave the layer as it is: the next result gets a new one."""
        self._layer = self._destination = None

    def is_edited(self) -> bool:
        """Whether the layer's pixels are not those that were written."""
        layer = self.layer()
        return layer is not None and fingerprint(layer) != self._written

    def write(self, image: Image, destination: Destination) -> str:
        """Update the layer or add a new one below the mask; gives a sentence that says which."""
        reason = self._reason_for_new(image, destination)
        layer = self.layer()
        if layer is None or reason:
            layer = self._add(image, destination)
            words = f"Added “{layer.name}”."
        else:
            self._update(layer, image, destination)
            words = f"Updated “{layer.name}”."
        self._written = fingerprint(layer)
        self._destination = destination
        return f"{words} {reason}".strip()

    def _reason_for_new(self, image: Image, destination: Destination) -> str:
        layer, before = self.layer(), self._destination
        if layer is None or before is None:
            return ""
        if before.mask is not destination.mask:
            return f"“{layer.name}” stays: it was made from another mask."
        if self.is_edited():
            return f"“{layer.name}” was edited by hand and stays as it is."
        if layer.ndim != image.array.ndim:
            return f"“{layer.name}” stays: it has {layer.ndim} axes, the mask has another number."
        return ""

    def _add(self, image: Image, destination: Destination) -> ImageLayer:
        keywords = {**destination.frame, **destination.look}
        layer = add_result_layer(self._viewer, image, below=destination.mask, **keywords)
        self._layer, self._given_name = layer, layer.name
        return layer

    def _update(self, layer: ImageLayer, image: Image, destination: Destination) -> None:
        is_renamed = layer.name != self._given_name
        changes_range = layer.data.dtype != image.array.dtype
        update_result_layer(layer, image, rename=not is_renamed)
        if not is_renamed:
            self._given_name = layer.name
        for name, value in destination.frame.items():
            setattr(layer, name, value)
        before = self._destination
        if changes_range or before is None or before.look_of is not destination.look_of:
            show_like(layer, destination.look)


def show_like(layer: ImageLayer, look: Mapping[str, Any]) -> None:  # Any: keywords of add_image
    """Give `layer` the contrast and colours of `look`; without them, its own full range."""
    layer.reset_contrast_limits_range()
    layer.reset_contrast_limits()
    for name, value in look.items():
        setattr(layer, name, value)
