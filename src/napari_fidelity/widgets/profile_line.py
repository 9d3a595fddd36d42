"""The line of a profile: a Shapes layer that lies over the images on every plane."""

from __future__ import annotations

import numpy as np
from napari.components import ViewerModel
from napari.layers import Layer, Shapes

from napari_fidelity.operations.line_sampling import Floats
from napari_fidelity.widgets.profile_reading import has_line
from napari_fidelity.widgets.world_planes import shown_plane, to_vertices

NAME = "profile line"
COLOR = "#ffd400"
SHARE = 0.6  # of what is seen, from left to right
WIDTH_SHARE = 1 / 250  # of what is seen: 2 to 4 pixels of the screen


def line_verdict(layer: Layer) -> str | None:
    """How a list shows a layer: "" for one with a line, None for what is no Shapes layer."""
    if not isinstance(layer, Shapes):
        return None
    return "" if has_line(layer) else f"“{layer.name}” holds no line: draw one in it."


def add_line(viewer: ViewerModel, under: Layer, places: Floats | None = None) -> Shapes:
    """A new Shapes layer with one line, its ends ready to be dragged.

    Parameters
    ----------
    viewer : ViewerModel
        It is added here and selected.
    under : Layer
        The image that lends its pixel size.
    places : ndarray, shape (n, 2), optional
        Corners in the world. Default: across the middle of what is seen of `under`.

    Raises
    ------
    UserError
        The layer has no plane in this view.
    """
    low, high = seen_part(viewer, under)
    if places is None:
        middle, reach = (low + high) / 2, SHARE / 2 * (high - low)[1]
        places = middle + np.array([[0.0, -reach], [0.0, reach]])
    # Two axes are shown on each plane of a stack; rolled axes need all of them.
    last_two = list(viewer.dims.displayed) == list(range(viewer.dims.ndim))[-2:]
    ndim = 2 if last_two else under.ndim
    line = Shapes(
        ndim=ndim,
        scale=np.asarray(under.scale)[-ndim:],
        units=under.units[-ndim:],
        name=NAME,
        opacity=1.0,
    )
    viewer.add_layer(line)
    vertices = to_vertices(viewer, line, places)
    across = to_vertices(viewer, line, np.stack([low, high]))
    width = max(float(np.ptp(across, axis=0).max()) * WIDTH_SHARE, 1e-9)
    kind = "line" if len(places) == 2 else "path"
    line.add([vertices], shape_type=kind, edge_color=COLOR, face_color="transparent",
             edge_width=width)  # fmt: skip
    line.current_edge_color, line.current_edge_width = COLOR, width
    take_line(viewer, line)
    return line


def take_line(viewer: ViewerModel, line: Shapes) -> None:
    """Let the ends of a line be dragged."""
    viewer.layers.selection.active = line
    line.mode = "direct"
    line.selected_data = {len(line.data) - 1} if line.data else set()


def seen_part(viewer: ViewerModel, layer: Layer) -> tuple[Floats, Floats]:
    """First and last corner, in the world, of what the canvas shows of a layer.

    Raises
    ------
    UserError
        The layer has no plane in this view.
    """
    corners = shown_plane(viewer, layer).corners()
    low, high = corners.min(axis=0), corners.max(axis=0)
    camera = viewer.scene.camera
    size = np.asarray(viewer.canvas.viewbox_size(viewer.layers), np.float64)
    half = size / (2 * max(camera.zoom, 1e-12))
    middle = np.asarray(camera.center[-2:], np.float64)
    seen_low, seen_high = np.maximum(low, middle - half), np.minimum(high, middle + half)
    return (low, high) if np.any(seen_high <= seen_low) else (seen_low, seen_high)
