"""The plane of a layer that a viewer shows, with the way from the viewer's world to its pixels.

napari's world has the smallest unit among its layers, and `layer.world_to_data` knows only the
layer's own; both are brought together here. Layers may be turned, sheared, of different pixel size,
or of fewer axes than the viewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.physical_units import length_um
from napari_fidelity.operations.line_profile import MICROMETER, PIXEL
from napari_fidelity.widgets.layer_frames import full_resolution
from napari_fidelity.widgets.layers import grey_problem

Floats = npt.NDArray[np.float64]
MIXED = "world units"


@dataclass(frozen=True, eq=False)
class PlaneView:
    """A plane of an array of any kind; only what is sliced is read.

    Parameters
    ----------
    data : array
        NumPy, Dask, Zarr.
    index : tuple
        An index for each axis across the plane, `slice(None)` for the two along it.
    """

    data: Any  # Any: every kind of array
    index: tuple[int | slice, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Size along the two axes."""
        return tuple(
            int(size)
            for size, entry in zip(self.data.shape, self.index, strict=True)
            if isinstance(entry, slice)
        )

    def __getitem__(self, box: tuple[slice, slice]) -> Any:  # Any: as above
        parts = iter(box)
        return self.data[tuple(next(parts) if isinstance(e, slice) else e for e in self.index)]


@dataclass(frozen=True, eq=False)
class WorldPlane:
    """A layer's shown plane; safe to hand to a worker.

    Parameters
    ----------
    name : str
        The layer's.
    pixels : PlaneView
        The plane.
    matrix, offset : ndarray, shapes (2, 2) and (2,)
        A place in the world (vertical, horizontal axis of the canvas) is the pixel
        `matrix @ place + offset`.
    contrast : tuple of float
        Limits of the display; empty for labels.
    gamma : float
        Of the display.
    colors : ndarray, shape (256, 3), or None
        The colormap from dark to bright; None for labels.
    """

    name: str
    pixels: PlaneView
    matrix: Floats
    offset: Floats
    contrast: tuple[float, ...] = ()
    gamma: float = 1.0
    colors: Floats | None = field(default=None, repr=False)

    @property
    def pixel_size(self) -> float:
        """The smaller side of a pixel, in the world."""
        sides = np.linalg.norm(np.linalg.inv(self.matrix), axis=0)
        return float(sides.min())

    def to_pixels(self, places: Floats) -> Floats:
        """Pixels of places in the world, shape (…, 2)."""
        return places @ self.matrix.T + self.offset

    def corners(self) -> Floats:
        """The plane's four corners in the world, shape (4, 2)."""
        height, width = self.pixels.shape
        ends = np.array([[-0.5, -0.5], [-0.5, width - 0.5], [height - 0.5, -0.5],
                         [height - 0.5, width - 0.5]])  # fmt: skip
        return (ends - self.offset) @ np.linalg.inv(self.matrix).T

    def describe_contrast(self) -> str:
        """How it is shown: "contrast 100 to 4000", with the gamma where it is not 1."""
        if not self.contrast:
            return ""
        low, high = self.contrast
        words = f"contrast {_spell(low)} to {_spell(high)}"
        return words if self.gamma == 1 else f"{words}, gamma {self.gamma:.3g}"


def shown_plane(viewer: ViewerModel, layer: Layer) -> WorldPlane:
    """The plane of `layer` where the viewer stands. Main thread; reads no pixels.

    Raises
    ------
    UserError
        The view is in 3-D, the layer is no grey image, or it has no plane here.
    """
    if viewer.dims.ndisplay != 2:
        raise UserError("Show planes for this: switch the view from 3-D to 2-D.")
    if problem := grey_problem(layer):
        raise UserError(problem)
    data = full_resolution(layer)
    axes = displayed_axes(viewer, layer)
    point = np.asarray(viewer.dims.point, np.float64)
    here = _to_data(viewer, layer, point)
    index = []
    for axis, size in enumerate(data.shape):
        nearest = round(float(here[axis]))
        if axis not in axes and not 0 <= nearest < size:
            raise UserError(f"“{layer.name}” has no plane at this position of the slider.")
        index.append(slice(None) if axis in axes else nearest)
    matrix, offset = _world_to_pixels(viewer, layer, point, sorted(axes))
    look = _look_of(layer) if isinstance(layer, ImageLayer) else {}
    return WorldPlane(layer.name, PlaneView(data, tuple(index)), matrix, offset, **look)


def displayed_axes(viewer: ViewerModel, layer: Layer) -> tuple[int, int]:
    """The layer's own axes along the canvas, vertical first.

    Raises
    ------
    UserError
        The layer does not have them.
    """
    first = viewer.dims.ndim - layer.ndim
    vertical, horizontal = (axis - first for axis in viewer.dims.displayed[-2:])
    if min(vertical, horizontal) < 0:
        raise UserError(f"“{layer.name}” has no plane in this view: roll the axes back.")
    return vertical, horizontal


def line_places(viewer: ViewerModel, layer: Layer, vertices: Floats) -> Floats:
    """Vertices of a Shapes layer as places on the canvas, shape (n, 2), in the world."""
    axes = displayed_axes(viewer, layer)
    ratio = _unit_ratio(viewer, layer)
    world = [np.asarray(layer.data_to_world(tuple(vertex))) * ratio for vertex in vertices]
    return np.asarray(world, np.float64)[:, list(axes)]


def to_vertices(viewer: ViewerModel, layer: Layer, places: Floats) -> Floats:
    """Places on the canvas as vertices of a Shapes layer, on the plane that is shown."""
    points = np.tile(np.asarray(viewer.dims.point, np.float64), (len(places), 1))
    points[:, list(viewer.dims.displayed[-2:])] = places
    return np.asarray([_to_data(viewer, layer, point) for point in points])


def world_unit(viewer: ViewerModel) -> tuple[str, float]:
    """Name of the unit along the canvas, and how many of it one unit of the world is.

    Micrometers where both axes have lengths; `"px"` where neither has one.
    """
    units = viewer.layers.extent.units
    if units is None:
        return MIXED, 1.0
    names = [str(units[axis - viewer.dims.ndim]) for axis in viewer.dims.displayed[-2:]]
    factors = [length_um(1.0, name) for name in names]
    if factors[0] is not None and factors[0] == factors[1]:
        return MICROMETER, factors[0]
    return (PIXEL, 1.0) if set(names) <= {PIXEL, "pixel"} else (MIXED, 1.0)


def _spell(value: float) -> str:
    """Four digits, and grey levels in full: "0.1234", "58330"."""
    return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.4g}"


def _world_to_pixels(
    viewer: ViewerModel, layer: Layer, point: Floats, axes: Sequence[int]
) -> tuple[Floats, Floats]:
    """From three places: the map is affine."""
    base = point.copy()
    shown = list(viewer.dims.displayed[-2:])
    base[shown] = 0.0
    start = _to_data(viewer, layer, base)[list(axes)]
    columns = []
    for axis in shown:
        moved = base.copy()
        moved[axis] = 1.0
        columns.append(_to_data(viewer, layer, moved)[list(axes)] - start)
    return np.stack(columns, axis=-1), start


def _to_data(viewer: ViewerModel, layer: Layer, point: Floats) -> Floats:
    """A point of the viewer's world in the layer's pixels."""
    own = point[-layer.ndim :] / _unit_ratio(viewer, layer)
    return np.asarray(layer.world_to_data(tuple(own)), np.float64)


def _unit_ratio(viewer: ViewerModel, layer: Layer) -> Floats:
    """How many units of the world one unit of the layer is, for each of the layer's axes."""
    units = viewer.layers.extent.units
    if units is None or len(units) < layer.ndim:
        return np.ones(layer.ndim)
    pairs = zip(layer.units, units[-layer.ndim :], strict=True)
    return np.array([float((1 * own).to(world).magnitude) for own, world in pairs])


def _look_of(layer: ImageLayer) -> dict[str, Any]:  # Any: fields of WorldPlane
    ramp = np.asarray(layer.colormap.map(np.linspace(0, 1, 256)))[:, :3]
    limits = tuple(float(limit) for limit in layer.contrast_limits)
    return {"contrast": limits, "gamma": float(layer.gamma), "colors": ramp}
