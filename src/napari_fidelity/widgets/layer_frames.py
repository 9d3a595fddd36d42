"""Where a layer's pixels lie: its shape and frame, copied to new layers and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer

from napari_fidelity.core.image import AXIS_LETTERS, default_axes

FRAME_FIELDS = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def full_resolution(layer: Layer) -> Any:  # Any: numpy, dask and zarr arrays
    """The layer's array at full resolution: level 0 where there are several."""
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def layer_shape(layer: Layer) -> tuple[int, ...]:
    """Number of pixels along each axis at full resolution; empty for layers without pixels."""
    if not isinstance(layer, (ImageLayer, Labels)):
        return ()
    shape = tuple(int(size) for size in full_resolution(layer).shape)
    return shape[:-1] if getattr(layer, "rgb", False) else shape


def few_pixels(data: Any) -> Any:  # Any: as above
    """Pixels spread over an array, that tell a mask from an image in well under a millisecond.

    At most 127 along Y and X and 3 along leading axes: a stack of many axes stays as quick.

    Examples
    --------
    >>> few_pixels(np.zeros((9, 9, 640, 64))).shape
    (3, 3, 64, 64)
    """
    leading = [max(1, -(-size // 3)) for size in data.shape[:-2]]
    steps = [*leading, *(max(1, size // 64) for size in data.shape[-2:])]
    return data[tuple(slice(None, None, step) for step in steps)]


def frame_from_layer(layer: Layer) -> dict[str, Any]:  # Any: keywords of add_image
    """Keywords that put a new layer on the very pixels of `layer`."""
    return {name: getattr(layer, name) for name in FRAME_FIELDS}


def display_from_layer(layer: Layer) -> dict[str, Any]:  # Any: as above
    """Keywords that show a new image at the contrast and colours of the image `layer`."""
    names = ("contrast_limits", "colormap", "gamma")
    return {name: getattr(layer, name) for name in names}


def frame_difference(test: Layer, reference: Layer) -> str:
    """Why the pixels of two layers do not lie on each other, naming both; empty when they do.

    Shape, scale, translation, rotation, shear and affine are compared, in this order.
    """
    mine, other = layer_shape(test), layer_shape(reference)
    if mine != other:
        return (
            f"“{reference.name}” is {spell_shape(other)}, “{test.name}” is "
            f"{spell_shape(mine)}: pick a pair of equal size."
        )
    for what in ("scale", "translate", "rotate", "shear", "affine"):
        here, there = (np.asarray(getattr(layer, what)) for layer in (test, reference))
        if here.shape != there.shape or not np.allclose(here, there, rtol=1e-6, atol=1e-9):
            numbers = ""
            if what in ("scale", "translate"):
                numbers = f" ({_spell_numbers(there)} and {_spell_numbers(here)})"
            return (
                f"“{reference.name}” and “{test.name}” differ in {what}{numbers}: "
                f"pick a pair of equal {what}."
            )
    return ""


def axes_from_labels(labels: Sequence[str]) -> str:
    """Axis letters that a layer's axis labels say, else the default ones for so many axes.

    Examples
    --------
    >>> axes_from_labels(("time", "y", "x")), axes_from_labels(("-3", "-2", "-1"))
    ('TYX', 'ZYX')
    """
    letters = "".join(label[:1].upper() for label in labels)
    known = set(letters) <= set(AXIS_LETTERS) and len(set(letters)) == len(letters) == len(labels)
    return letters if known and letters.endswith("YX") else default_axes(len(labels))


def spell_shape(shape: Sequence[int]) -> str:
    """Shape for a person: "512×256"."""
    return "×".join(str(int(size)) for size in shape)


def _spell_numbers(numbers: np.ndarray[Any, Any]) -> str:
    return "×".join(f"{number:g}" for number in np.ravel(numbers))
