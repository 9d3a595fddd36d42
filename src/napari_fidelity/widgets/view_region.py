"""Which part of the world a canvas shows, and how cells of a grid show the same part."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.widgets.comparison_state import CameraPlace

MARGIN = 0.96  # of a cell that a whole image fills
Box = tuple[tuple[float, float], tuple[float, float]]  # least and greatest (Y, X)


def shown_region(viewer: ViewerModel, place: CameraPlace, layers: Sequence[Layer]) -> Box:
    """The part of `layers` that the canvas shows in 2-D: least and greatest (Y, X) in the world."""
    half = np.asarray(viewer.canvas.size, float) / (2 * place.zoom)
    middle = np.asarray(place.center[-2:], float)
    least, greatest = middle - half, middle + half
    boxes = [box for layer in layers if (box := shown_extent(viewer, layer)) is not None]
    if boxes:
        inner_least = np.maximum(least, np.min([box[0] for box in boxes], axis=0))
        inner_greatest = np.minimum(greatest, np.max([box[1] for box in boxes], axis=0))
        if (inner_greatest > inner_least).all():
            least, greatest = inner_least, inner_greatest
    return (least[0], least[1]), (greatest[0], greatest[1])


def shown_extent(viewer: ViewerModel, layer: Layer) -> Box | None:
    """Where `layer` lies along the two axes shown; None for an empty layer."""
    extent = np.asarray(layer.extent.world, float)
    shift = viewer.dims.ndim - layer.ndim  # a layer of fewer axes has the last ones
    axes = [axis - shift for axis in viewer.dims.displayed[-2:]]
    if min(axes) < 0 or not np.isfinite(extent).all():
        return None
    least, greatest = extent[:, axes]
    half = 0.5 * np.abs(np.asarray(layer.scale, float))[axes]  # extents end in pixel centres
    least, greatest = least - half, greatest + half
    return (least[0], least[1]), (greatest[0], greatest[1])


def best_grid(count: int, canvas: tuple[float, float], region: tuple[float, float]) -> int:
    """Number of rows in which `count` cells show a region the largest.

    Parameters
    ----------
    count : int
        Number of cells.
    canvas, region : tuple of float
        Heights and widths.

    Examples
    --------
    >>> best_grid(2, (500, 1000), (1, 1)), best_grid(2, (1000, 500), (1, 1))
    (1, 2)
    >>> best_grid(4, (500, 500), (1, 1))
    2
    """

    def zoom(rows: int) -> float:
        columns = math.ceil(count / rows)
        return min(canvas[0] / rows / region[0], canvas[1] / columns / region[1])

    return max(range(1, count + 1), key=zoom)


def place_in_cells(region: Box, cell: tuple[float, float], place: CameraPlace) -> CameraPlace:
    """Where to look so that a cell of `cell` (height, width) pixels shows `region`."""
    least, greatest = np.asarray(region)
    sizes = np.maximum(greatest - least, 1e-12)
    middle = (least + greatest) / 2
    zoom = float(np.min(np.asarray(cell) / sizes)) * MARGIN
    return CameraPlace((*place.center[:-2], float(middle[0]), float(middle[1])), zoom)
