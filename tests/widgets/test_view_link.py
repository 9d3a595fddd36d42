import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fidelity.widgets.view_link import CameraLink, SliceLink, are_in_one_world
from napari_fidelity.widgets.view_region import shown_extent


def viewer_of(shape, **frame):
    viewer = ViewerModel()
    viewer.add_image(np.zeros(shape), **frame)
    return viewer


def test_cameras_look_at_one_place_in_the_world():
    viewers = [viewer_of((40, 60)), viewer_of((20, 30), scale=(2, 2))]
    link = CameraLink(viewers)
    first, second = (viewer.scene.camera for viewer in viewers)
    second.center, second.zoom = (0.0, 5.0, 6.0), 3.0
    assert (tuple(first.center), first.zoom) == ((0.0, 5.0, 6.0), 3.0)
    link.is_on = False
    first.zoom = 7.0
    assert second.zoom == 3.0
    link.is_on = True
    link.follow(0)
    assert second.zoom == 7.0
    link.close()
    first.zoom = 1.0
    assert second.zoom == 7.0


def test_cameras_look_at_the_same_share_of_images_that_lie_apart():
    viewers = [viewer_of((40, 60)), viewer_of((40, 60), scale=(0.1, 0.1), translate=(500, 500))]
    layers = [viewer.layers[0] for viewer in viewers]
    assert not are_in_one_world(viewers[0], layers)
    boxes = [shown_extent(viewer, viewer.layers[0]) for viewer in viewers]
    assert boxes[0] == ((-0.5, -0.5), (39.5, 59.5))
    CameraLink(viewers, boxes)
    first, second = (viewer.scene.camera for viewer in viewers)
    first.center, first.zoom = (0.0, 10.0, 30.0), 5.0
    assert second.zoom == pytest.approx(50.0)
    assert tuple(second.center[-2:]) == pytest.approx((501.0, 503.0))


def test_pixels_and_micrometres_are_not_one_world():
    viewer = viewer_of((40, 60))
    far = viewer_of((40, 60), scale=(0.3, 0.3), units=("um", "um")).layers[0]
    same = viewer_of((20, 30), scale=(2, 2)).layers[0]
    assert not are_in_one_world(viewer, [viewer.layers[0], far])
    assert are_in_one_world(viewer, [viewer.layers[0], same])


def test_slices_are_counted_from_the_last_axis():
    movie, stack, plane = viewer_of((4, 5, 8, 8)), viewer_of((5, 8, 8)), viewer_of((8, 8))
    movie.dims.set_point((0, 1), (3, 2))
    link = SliceLink([movie, stack, plane])
    assert stack.dims.point[0] == 2
    stack.dims.set_point(0, 4)
    assert movie.dims.point[:2] == (3, 4)
    movie.dims.ndisplay = 3
    assert stack.dims.ndisplay == 3
    movie.dims.ndisplay = 2
    link.close()
    stack.dims.set_point(0, 0)
    assert movie.dims.point[1] == 4


def test_rolled_axes_are_followed():
    stack, twin = viewer_of((5, 8, 9)), viewer_of((5, 8, 9))
    SliceLink([stack, twin])
    stack.dims.order = (1, 0, 2)
    assert twin.dims.order == (1, 0, 2)
