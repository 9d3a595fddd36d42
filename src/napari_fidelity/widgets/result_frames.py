"""Where a result lies that has another sampling than its source, or is a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
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


def put_on_plane(result: Image, source: Image, region: Sequence[slice]) -> Image:
    """`result` on the very plane of `source` that a region is of, as thick as its planes.

    After axial subsampling a plane of the result may lie beside the one that is looked at.

    Examples
    --------
    >>> source = Image(np.zeros((8, 4, 4)), scale=(0.5, 1, 1))
    >>> thick = Image(np.zeros((1, 4, 4)), scale=(2, 1, 1))
    >>> flat = put_on_plane(thick, source, (slice(3, 4), slice(0, 4), slice(0, 4)))
    >>> flat.scale, flat.translate
    ((0.5, 1, 1), (1.5, 0.0, 0.0))
    """
    planes = zip(source.translate, region[:-2], source.scale, strict=False)
    first = tuple(zero + part.start * size for zero, part, size in planes)
    return replace(
        result,
        scale=(*source.scale[:-2], *result.scale[-2:]),
        translate=(*first, *result.translate[-2:]),
    )
