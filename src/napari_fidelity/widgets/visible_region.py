"""Which pixels of a layer are seen in the canvas, cut down to a size that is quick to compute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Layer

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.layer_frames import layer_shape

SIDE_PX = 512  # no more than this along Y and X: a fraction of a second for most operations
LEAST_PX = 64
GRID_PX = 16  # regions begin and end on this grid: a small move of the view finds the same one

Region = tuple[slice, ...]
Span = tuple[int, int]


@dataclass(frozen=True)
class VisibleRegion:
    """What is seen of a layer, and the part of it to compute.

    Parameters
    ----------
    region : tuple of slice
        Over all axes of the layer: one index of each leading axis, some rows and columns.
    seen : tuple of (int, int)
        First and one past the last row, and column, that the canvas shows.
    """

    region: Region
    seen: tuple[Span, Span]

    @property
    def is_part(self) -> bool:
        """Whether more is seen than is computed."""
        return not covers(self.region, self)

    @property
    def size_px(self) -> tuple[int, int]:
        """Rows and columns of the region."""
        rows, columns = self.region[-2:]
        return int(rows.stop - rows.start), int(columns.stop - columns.start)


def covers(region: Region, view: VisibleRegion) -> bool:
    """Whether `region` holds all that `view` shows, on the same plane.

    Examples
    --------
    >>> view = VisibleRegion((slice(0, 64), slice(0, 64)), ((3, 40), (0, 20)))
    >>> covers((slice(0, 48), slice(0, 48)), view), covers((slice(8, 48), slice(0, 48)), view)
    (True, False)
    """
    if region[:-2] != view.region[:-2]:
        return False
    pairs = zip(region[-2:], view.seen, strict=True)
    return all(part.start <= first and last <= part.stop for part, (first, last) in pairs)


def find_visible_region(viewer: ViewerModel, layer: Layer, side_px: int = SIDE_PX) -> VisibleRegion:
    """The plane and the pixels of `layer` that the canvas shows.

    Parameters
    ----------
    viewer : ViewerModel
        Its camera, canvas and sliders are read.
    layer : Layer
        Image or Labels.
    side_px : int
        Largest side of the region, in pixels of the layer; it lies in the middle of what is seen.

    Raises
    ------
    UserError
        The canvas shows no plane of Y and X, or nothing of the layer.
    """
    shape, dims = layer_shape(layer), viewer.dims
    if dims.ndisplay != 2:
        raise UserError("The preview needs the 2-D view: press the cube button under the layers.")
    before = dims.ndim - layer.ndim
    if sorted(axis - before for axis in dims.displayed) != [layer.ndim - 2, layer.ndim - 1]:
        raise UserError("The preview shows planes of Y and X: roll the axes back.")
    corners = _find_corners(viewer, layer)
    index = np.round(corners.mean(axis=0)[:-2]).astype(int)
    spans = [
        (math.floor(low + 0.5), math.floor(high + 0.5) + 1)
        for low, high in zip(corners.min(axis=0)[-2:], corners.max(axis=0)[-2:], strict=True)
    ]
    if any(not 0 <= i < size for i, size in zip(index, shape[:-2], strict=True)):
        raise UserError(f"“{layer.name}” has no plane here: move the slider.")
    seen = [(max(0, a), min(size, b)) for (a, b), size in zip(spans, shape[-2:], strict=True)]
    if any(first >= last for first, last in seen):
        raise UserError(f"Nothing of “{layer.name}” is in view: press Home to see all of it.")
    leading = tuple(slice(int(i), int(i) + 1) for i in index)
    parts = (choose_span(span, size, side_px) for span, size in zip(seen, shape[-2:], strict=True))
    return VisibleRegion((*leading, *parts), (seen[0], seen[1]))


def choose_span(seen: Span, size: int, side_px: int = SIDE_PX) -> slice:
    """Pixels to compute along one axis: those seen and some around, at most `side_px`.

    Examples
    --------
    >>> choose_span((100, 300), 2048), choose_span((0, 2048), 2048), choose_span((0, 90), 90)
    (slice(64, 336, None), slice(768, 1280, None), slice(0, 90, None))
    """
    first, last = seen
    around = max(last - first + (last - first) // 4, LEAST_PX)
    length = min(-(-around // GRID_PX) * GRID_PX + GRID_PX, side_px, size)
    start = round(((first + last) / 2 - length / 2) / GRID_PX) * GRID_PX
    start = min(max(start, 0), size - length)
    return slice(start, start + length)


def _find_corners(viewer: ViewerModel, layer: Layer) -> npt.NDArray[np.float64]:
    """The four corners of the canvas in the layer's pixel coordinates, one a row."""
    camera, dims = viewer.scene.camera, viewer.dims
    size: Sequence[float] = viewer.canvas.viewbox_size(viewer.layers)
    half = [length / (2 * max(camera.zoom, 1e-12)) for length in size]
    point = np.array(dims.point, np.float64)
    corners = []
    for signs in product((-1, 1), repeat=2):
        here = point.copy()
        for axis, sign, reach, centre in zip(
            dims.displayed, signs, half, camera.center[-2:], strict=True
        ):
            here[axis] = centre + sign * reach
        corners.append(layer.world_to_data(tuple(here))[-layer.ndim :])
    return np.asarray(corners, np.float64)
