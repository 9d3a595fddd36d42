"""From the viewer's world to the pixels of layers of other units, turns, axes and sizes."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.world_planes import (
    line_places,
    shown_plane,
    to_vertices,
    world_unit,
)

STACK = np.arange(4 * 6 * 8.0).reshape(4, 6, 8)


def world_of(viewer, layer, index):
    """Where napari draws a pixel, along the canvas."""
    ratio = [
        (1 * own).to(world).magnitude
        for own, world in zip(layer.units, viewer.layers.extent.units[-layer.ndim :], strict=True)
    ]
    world = np.asarray(layer.data_to_world(index)) * ratio
    return world[[axis - viewer.dims.ndim for axis in viewer.dims.displayed]]


def test_pixels_are_found_under_other_units_and_fewer_axes(viewer):
    stack = viewer.add_image(STACK, scale=(1, 0.5, 0.5), units=("um",) * 3, translate=(0, 2, 3))
    plane = viewer.add_image(STACK[0], scale=(250, 250), units=("nm",) * 2)
    viewer.dims.set_point(0, 2000.0)  # nm, the smallest unit
    assert world_unit(viewer) == ("µm", 0.001)
    found = shown_plane(viewer, stack)
    assert found.pixels.index == (2, slice(None), slice(None))
    np.testing.assert_array_equal(found.pixels[slice(1, 3), slice(0, 8)], STACK[2, 1:3])
    np.testing.assert_allclose(found.to_pixels(world_of(viewer, stack, (2, 3, 5))), (3, 5))
    assert found.pixel_size == pytest.approx(500)
    flat = shown_plane(viewer, plane)
    np.testing.assert_allclose(flat.to_pixels(world_of(viewer, plane, (4, 1))), (4, 1))
    assert flat.describe_contrast() == "contrast 0 to 47"


def test_of_several_resolutions_the_finest_is_read(viewer):
    pixels = np.arange(64 * 64.0).reshape(64, 64)
    layer = viewer.add_image([pixels, pixels[::2, ::2]], multiscale=True, scale=(0.5, 0.5))
    found = shown_plane(viewer, layer)
    assert found.pixels.shape == (64, 64)
    np.testing.assert_allclose(found.to_pixels(np.array([5.0, 6.0])), (10, 12))


def test_turned_layers_and_rolled_axes(viewer):
    layer = viewer.add_image(STACK, rotate=(0, 0, 30), affine=np.diag([1, 2, 2, 1.0]))
    found = shown_plane(viewer, layer)
    at = found.pixels.index[0]
    np.testing.assert_allclose(found.to_pixels(world_of(viewer, layer, (at, 2, 7))), (2, 7))
    viewer.layers.clear()
    layer = viewer.add_image(STACK, scale=(3, 1, 2))
    viewer.dims.order = (1, 2, 0)  # shown: X down, Z across
    viewer.dims.set_point(1, 4)
    found = shown_plane(viewer, layer)
    assert found.pixels.index == (slice(None), 4, slice(None))
    np.testing.assert_allclose(found.to_pixels(np.array([2 * 5.0, 3 * 2.0])), (2, 5))
    corners = found.corners()
    np.testing.assert_allclose(corners.min(axis=0), (-1, -1.5))


def test_lines_go_there_and_back(viewer):
    viewer.add_image(STACK, scale=(1, 0.5, 0.5), units=("um",) * 3)
    line = viewer.add_shapes(ndim=3, scale=(1, 0.25, 0.25), units=("um",) * 3)
    places = np.array([[0.5, 1.0], [2.0, 3.5]])
    vertices = to_vertices(viewer, line, places)
    np.testing.assert_allclose(vertices[:, 1:], places * 4)
    np.testing.assert_allclose(line_places(viewer, line, vertices), places)


def test_what_has_no_plane_here_says_why(viewer):
    stack = viewer.add_image(STACK, name="stack")
    flat = viewer.add_image(STACK[0], name="flat")
    colour = viewer.add_image(np.zeros((6, 8, 3)), rgb=True, name="colour")
    with pytest.raises(UserError, match="colour image"):
        shown_plane(viewer, colour)
    viewer.add_image(np.zeros((9, 6, 8)), name="taller")
    viewer.dims.set_point(0, 7)
    with pytest.raises(UserError, match="“stack” has no plane at this position"):
        shown_plane(viewer, stack)
    viewer.dims.order = (1, 0, 2)
    with pytest.raises(UserError, match="“flat” has no plane in this view: roll"):
        shown_plane(viewer, flat)
    viewer.dims.ndisplay = 3
    with pytest.raises(UserError, match="from 3-D to 2-D"):
        shown_plane(viewer, stack)


def test_units_that_do_not_fit_are_told(viewer):
    viewer.add_image(STACK[0])
    assert world_unit(viewer) == ("px", 1.0)
    viewer.add_image(STACK[0], units=("um", "um"))
    assert world_unit(viewer) == ("world units", 1.0)
