"""Which pixels of a layer the canvas shows, by hand for known cameras."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.visible_region import SIDE_PX, covers, find_visible_region


def look_at(viewer, centre, zoom, size=(400, 600)):
    viewer.canvas.size = size
    viewer.scene.camera.center = (0, *centre)
    viewer.scene.camera.zoom = zoom


def test_what_is_seen_is_the_canvas_in_pixels_of_the_layer(viewer):
    layer = viewer.add_image(np.zeros((2000, 2000), np.uint8), scale=(0.5, 0.5))
    look_at(viewer, (300.0, 400.0), zoom=8.0)  # 50 × 75 world units around, 100 × 150 pixels
    view = find_visible_region(viewer, layer)
    assert view.seen == ((550, 651), (725, 876))
    assert covers(view.region, view)
    assert not view.is_part
    assert max(view.size_px) <= 240


def test_a_wide_view_gives_the_middle_at_a_bounded_size(viewer):
    layer = viewer.add_image(np.zeros((4000, 6000), np.uint8))
    look_at(viewer, (2000.0, 3000.0), zoom=0.1)
    view = find_visible_region(viewer, layer)
    assert view.is_part
    assert view.size_px == (SIDE_PX, SIDE_PX)
    assert view.region == (slice(1744, 2256), slice(2752, 3264))


def test_leading_axes_follow_the_sliders(viewer):
    layer = viewer.add_image(np.zeros((5, 7, 64, 64), np.uint8), scale=(2, 0.5, 1, 1))
    viewer.dims.set_current_step(0, 3)
    viewer.dims.set_current_step(1, 6)
    look_at(viewer, (32.0, 32.0), zoom=4.0)
    view = find_visible_region(viewer, layer)
    assert view.region[:2] == (slice(3, 4), slice(6, 7))


def test_a_plane_in_a_viewer_with_more_axes(viewer):
    viewer.add_image(np.zeros((5, 64, 64), np.uint8))
    plane = viewer.add_image(np.zeros((64, 64), np.uint8))
    look_at(viewer, (32.0, 32.0), zoom=4.0)
    assert find_visible_region(viewer, plane).region == (slice(0, 64), slice(0, 64))


def test_a_turned_layer_is_covered_by_the_box_around_its_corners(viewer):
    layer = viewer.add_image(np.zeros((1000, 1000), np.uint8), rotate=45)
    look_at(viewer, layer.data_to_world((500, 500)), zoom=4.0, size=(400, 400))
    (first, last), _ = find_visible_region(viewer, layer).seen
    assert last - first == pytest.approx(100 * np.sqrt(2), abs=2)


def test_what_cannot_be_shown_is_said(viewer):
    layer = viewer.add_image(np.zeros((9, 64, 64), np.uint8), name="cells")
    look_at(viewer, (1000.0, 32.0), zoom=4.0)
    with pytest.raises(UserError, match="Nothing of “cells” is in view"):
        find_visible_region(viewer, layer)
    viewer.dims.order = (1, 0, 2)
    with pytest.raises(UserError, match="roll the axes back"):
        find_visible_region(viewer, layer)
    viewer.dims.order = (0, 1, 2)
    viewer.dims.ndisplay = 3
    with pytest.raises(UserError, match="2-D view"):
        find_visible_region(viewer, layer)
