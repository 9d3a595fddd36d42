"""Images put into the viewer as layers: added, updated."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.kept_selection import keep_selection
from napari_fidelity.widgets.layer_frames import frame_from_layer
from napari_fidelity.widgets.layers import METADATA_KEY


def add_result_layer(
    viewer: ViewerModel,
    image: Image,
    *,
    like: Layer | None = None,
    below: Layer | None = None,
    above: Layer | None = None,
    **display: Any,  # Any: keywords of napari's Image layer
) -> ImageLayer:
    """A new image layer that shows `image`, with its provenance in the layer's metadata.

    Parameters
    ----------
    viewer : ViewerModel
        Where it is added. Main thread.
    image : Image
        Pixels, name and provenance; its own frame is used when `like` is not given.
    like : Layer, optional
        The layer on whose pixels it lies: every field of its frame is copied.
    below : Layer, optional
        The layer under which it is put. Default: on top.
    above : Layer, optional
        The layer over which it is put, instead.
    **display
        Such as `contrast_limits`, `colormap`, `blending`; a frame given here goes first.

    Notes
    -----
    The selection stays: who paints a mask goes on painting.
    """
    frame = frame_from_image(image) if like is None else frame_from_layer(like)
    layer = ImageLayer(
        image.array, name=image.name, metadata=metadata_from_image(image), **{**frame, **display}
    )
    _insert(viewer, layer, below, above)
    return layer


def add_labels_layer(
    viewer: ViewerModel,
    image: Image,
    *,
    below: Layer | None = None,
    above: Layer | None = None,
    **frame: Any,  # Any: keywords of napari's Labels layer
) -> Labels:
    """A new layer of labels; arguments as for `add_result_layer`, but for a look."""
    given = {**frame_from_image(image), **frame}
    layer = Labels(image.array, name=image.name, metadata=metadata_from_image(image), **given)
    _insert(viewer, layer, below, above)
    return layer


def _insert(viewer: ViewerModel, layer: Layer, below: Layer | None, above: Layer | None) -> None:
    layers = viewer.layers
    place = layers.index(below) if below in layers else len(layers)
    place = layers.index(above) + 1 if above in layers else place
    with keep_selection(layers) if layers.selection.active is not None else nullcontext():
        layers.insert(place, layer)


def update_result_layer(layer: ImageLayer, image: Image, *, rename: bool = True) -> None:
    """Put the pixels, provenance and name of `image` into a layer that is shown already."""
    layer.data = image.array
    layer.metadata = {**layer.metadata, **metadata_from_image(image)}
    if rename and image.name:
        layer.name = image.name


def frame_from_image(image: Image) -> dict[str, Any]:  # Any: keywords of add_image
    """Keywords that place a layer where `image` says."""
    return {
        "scale": image.scale,
        "translate": image.translate,
        "units": image.units,
        "axis_labels": tuple(letter.lower() for letter in image.axes),
    }


def metadata_from_image(image: Image) -> dict[str, Any]:  # Any: JSON
    """What a layer's metadata holds of us: provenance, and the origin of a crop."""
    return {METADATA_KEY: {"provenance": dict(image.provenance), "origin": list(image.origin)}}
