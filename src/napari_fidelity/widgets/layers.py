"""The only place where a napari layer becomes an `Image`, and an `Image` a layer again.

Layers are read in two steps. `source_from_layer` runs on the main thread, checks the layer and
copies its frame; `LayerSource.load` may run on a worker thread and computes only the pixels
that are asked for (level 0 of a multiscale layer, one plane of a dask stack).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer, Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.widgets.layer_frames import (
    axes_from_labels,
    few_pixels,
    full_resolution,
    layer_shape,
    spell_shape,
)
from napari_fidelity.widgets.temporary_layers import is_temporary

METADATA_KEY = "napari-fidelity"
Pixels = np.ndarray[Any, Any]  # Any: every shape and dtype is an image


@dataclass(frozen=True)
class LayerSource:
    """A layer's frame, and how to get its pixels; safe to hand to a worker thread.

    Attributes
    ----------
    frame : Image
        Name, axes, scale, units, translation, origin and provenance around no pixels of its own.
    shape, dtype
        Of the whole pixel array at full resolution.
    load : callable
        `load(plane=())` gives an `Image` with its own copy of the pixels. `plane` holds indices of
        the leading axes; one index per leading axis gives the single YX plane.
    """

    frame: Image
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[tuple[int, ...]], Pixels]

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.frame.name

    @property
    def size_text(self) -> str:
        """Shape and size for a person: "60×2048×2048, 480 MB"."""
        size = float(np.prod(self.shape, dtype=np.float64)) * self.dtype.itemsize
        for unit in ("B", "kB", "MB", "GB", "TB"):
            if size < 1000 or unit == "TB":
                break
            size /= 1000
        return f"{spell_shape(self.shape)}, {size:.3g} {unit}"

    def load(self, plane: Sequence[int] = ()) -> Image:
        """The pixels, copied, in their frame; only those of `plane` are computed."""
        index = tuple(int(i) for i in plane)
        count = len(index)
        if count > len(self.shape) - 2:
            raise ValueError(f"plane {index} leaves fewer than two axes of {self.shape}")
        whole = self.frame
        return replace(
            whole,
            array=self.read(index),
            axes=whole.axes[count:],
            scale=whole.scale[count:],
            units=whole.units[count:],
            translate=whole.translate[count:],
            origin=whole.origin[count:],
        )


def source_from_layer(layer: Layer) -> LayerSource:
    """The way to a grey layer's pixels; reads none yet. Main thread.

    Raises
    ------
    UserError
        The layer is neither Image nor Labels, is a colour image, or has fewer than two axes.
    """
    if problem := grey_problem(layer):
        raise UserError(problem)
    data = full_resolution(layer)

    def read(index: tuple[int, ...]) -> Pixels:
        return np.array(data[index] if index else data)

    shape = tuple(int(size) for size in data.shape)
    return LayerSource(_frame_image(layer, shape), shape, np.dtype(data.dtype), read)


def image_from_layer(layer: Layer, plane: Sequence[int] = ()) -> Image:
    """A copy of a layer's pixels in their frame, read at once; arguments as `LayerSource.load`.

    Raises
    ------
    UserError
        The layer cannot be read as a grey image.
    """
    return source_from_layer(layer).load(plane)


def grey_problem(layer: Layer) -> str:
    """Why `layer` cannot be read as a grey image or as labels; empty when it can."""
    if not isinstance(layer, (ImageLayer, Labels)):
        kind = type(layer).__name__
        return f"“{layer.name}” is a {kind} layer: pick an Image or Labels layer."
    if is_temporary(layer):
        return f"“{layer.name}” only shows something for a while: pick the layer under it."
    if getattr(layer, "rgb", False):
        return (
            f"“{layer.name}” is a colour image (RGB): make it grey first "
            "(right-click the layer ▸ Split RGB, then keep one channel)."
        )
    data = full_resolution(layer)
    if len(data.shape) < 2 or 0 in data.shape:
        return f"“{layer.name}” has shape {spell_shape(data.shape)}: an image needs Y and X."
    if np.dtype(data.dtype).kind not in "buif":
        return f"“{layer.name}” holds {data.dtype} values: real numbers are needed."
    return ""


def mask_source_from_layer(layer: Layer, *, like: Layer | None = None) -> LayerSource:
    """The way to a mask's pixels: labels, a two-valued image, or shapes drawn on `like`.

    Parameters
    ----------
    layer : Layer
        Labels (kept as they are), an Image of two values, or Shapes (each becomes one label).
    like : Layer, optional
        The Image or Labels layer whose pixels Shapes are drawn into. Default: as many
        pixels as the shapes reach, at the scale of their own layer.

    Raises
    ------
    UserError
        Another kind of layer, no shapes, or (from `load`) an image of more than two values.
    """
    if isinstance(layer, Shapes):
        return _shapes_source(layer, like)
    source = source_from_layer(layer)
    if isinstance(layer, Labels):
        return source

    def read(index: tuple[int, ...]) -> Pixels:
        pixels = source.read(index)
        check_two_values(pixels, layer_name)
        return pixels

    layer_name = layer.name
    return replace(source, read=read)


def check_two_values(pixels: Pixels, name: str) -> None:
    """Refuse an image that is no mask.

    Raises
    ------
    UserError
        More than two values, or values that are not finite.
    """
    if pixels.dtype == bool:
        return
    low, high = pixels.min(), pixels.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise UserError(f"“{name}” holds NaN or infinite values: a mask holds two values, 0 and 1.")
    if not np.all((pixels == low) | (pixels == high)):
        raise UserError(
            f"“{name}” holds more than two values between {low:g} and {high:g}: a mask image holds "
            "0 and 1, or 0 and 255. If these are labels, right-click the layer ▸ Convert to Labels."
        )


def mask_image_problem(layer: ImageLayer) -> str:
    """Why an image layer is no mask, judged from a few of its pixels; empty when it may be one."""
    if problem := grey_problem(layer):
        return problem
    data = full_resolution(layer)
    if not isinstance(data, np.ndarray):
        return ""
    try:
        check_two_values(few_pixels(data), layer.name)
    except UserError as error:
        return str(error)
    return ""


def _shapes_source(layer: Shapes, like: Layer | None) -> LayerSource:
    if not layer.data:
        raise UserError(f"“{layer.name}” holds no shapes: draw one first.")
    if like is None:
        corner = np.ceil(np.max([np.max(vertices, axis=0) for vertices in layer.data], axis=0))
        shape, frame_layer = tuple(int(size) + 1 for size in np.maximum(corner, 0)), layer
    else:
        shape, frame_layer = layer_shape(like), like
    if layer.ndim != len(shape):
        raise UserError(
            f"“{layer.name}” has {layer.ndim} axes, “{frame_layer.name}” has {len(shape)}: "
            "draw the shapes while the image is shown."
        )
    vertices = [_move_vertices(points, layer, frame_layer) for points in layer.data]
    moved = Shapes(vertices, shape_type=list(layer.shape_type), ndim=layer.ndim)

    def read(index: tuple[int, ...]) -> Pixels:
        """Draw them, on the thread that reads: `moved` is nobody else's."""
        return np.array(np.asarray(moved.to_labels(shape))[index])

    frame = replace(_frame_image(frame_layer, shape), name=layer.name, provenance={})
    return LayerSource(frame, shape, np.dtype(np.int64), read)


def _move_vertices(points: Pixels, drawn_on: Layer, pixels_of: Layer) -> Pixels:
    """Vertices of one layer in the pixel coordinates of another."""
    if drawn_on is pixels_of:
        return points
    moved = [pixels_of.world_to_data(drawn_on.data_to_world(tuple(point))) for point in points]
    return np.asarray(moved, np.float64)


def _frame_image(layer: Layer, shape: tuple[int, ...]) -> Image:
    """An `Image` that carries the layer's frame around a view of one repeated zero."""
    ours = layer.metadata.get(METADATA_KEY, {})
    origin = tuple(int(index) for index in ours.get("origin", ()))
    return Image(
        array=np.broadcast_to(np.uint8(0), shape),
        axes=axes_from_labels(layer.axis_labels),
        scale=tuple(float(size) for size in layer.scale),
        units=tuple(str(unit) for unit in layer.units),
        translate=tuple(float(offset) for offset in layer.translate),
        origin=origin if len(origin) == len(shape) else (),
        name=layer.name,
        provenance=dict(ours.get("provenance", {})),
    )
