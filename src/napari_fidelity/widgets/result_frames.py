"""Where a result lies that has another sampling than its source, or is a part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from napari.utils.transforms import Affine

from napari_fidelity.core.image import Image
from napari_fidelity.operations.stated_scale import state_scale


def frame_of_result(
    frame: Mapping[str, Any],  # Any: keywords of add_image
    source: Image,
    result: Image,
) -> dict[str, Any]:  # Any: as above
    """Keywords that put `result` where its pixels lie on the layer it was made from.

    An `Image` knows scale and position, not rotation or shear: those of the layer are kept. Only
    what relates the two images counts, so that the result lies on a layer without a pixel size
    too, where a person stated one.

    Parameters
    ----------
    frame : mapping
        The source layer's frame, by `frame_from_layer`.
    source : Image
        The source as the operation saw it, in the units of `result`.
    result : Image
        Its scale and translation are used.

    Examples
    --------
    >>> from napari.layers import Image as Layer
    >>> from napari_fidelity.widgets.layer_frames import frame_from_layer
    >>> frame = frame_from_layer(Layer(np.zeros((8, 8)), scale=(2, 2), translate=(5, 5)))
    >>> source = Image(np.zeros((8, 8)), scale=(2, 2), translate=(5, 5))
    >>> binned = Image(np.zeros((4, 4)), scale=(4, 4), translate=(6, 6))
    >>> placed = frame_of_result(frame, source, binned)
    >>> placed["scale"].tolist(), placed["translate"].tolist()
    ([4.0, 4.0], [6.0, 6.0])
    """
    first_px = np.subtract(result.translate, source.translate) / source.scale
    scale = np.asarray(frame["scale"], np.float64)
    matrix = Affine(scale=scale, rotate=frame["rotate"], shear=frame["shear"]).linear_matrix
    return {
        **frame,
        "scale": scale * np.divide(result.scale, source.scale),
        "translate": np.asarray(frame["translate"]) + matrix @ first_px,
    }


def image_in_units(source: Image, result: Image, stated: Mapping[str, float | None]) -> Image:
    """The frame of `source` in the units of `result`, which may have got them from a person.

    Parameters
    ----------
    source, result : Image
        What an operation was given, and what it returned.
    stated : mapping
        Arguments of `state_scale` that it was given too.
    """
    return source if result.units == source.units else state_scale(source, **stated)
