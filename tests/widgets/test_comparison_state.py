import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_fidelity.widgets.comparison_state import CameraLoan, CameraPlace, ComparisonState


@pytest.fixture
def layer():
    return Image(np.zeros((4, 4)), name="cells", contrast_limits=(0, 5))


def test_what_was_set_comes_back(layer):
    state = ComparisonState()
    for value in ((0, 9), (0, 7)):
        state.set(layer, "contrast_limits", value)
    state.set(layer.name_overlay, "box_color", (0, 0, 0, 0.5))
    assert layer.contrast_limits == [0, 7]
    assert state.before(layer, "contrast_limits") == [0, 5]
    state.give_back()
    state.give_back()
    assert layer.contrast_limits == [0, 5]
    assert layer.name_overlay.box_color is None


def test_what_a_person_set_meanwhile_stays(layer):
    state = ComparisonState()
    state.set(layer, "visible", True)
    layer.visible = False
    state.set(layer, "gamma", 2.0, for_good=True)
    layer.gamma = 0.5
    state.give_back()
    assert not layer.visible
    assert layer.gamma == 1.0


def test_one_layer_is_given_back_with_its_overlay(layer):
    other, state = Image(np.zeros((4, 4))), ComparisonState()
    for one in (layer, other):
        state.set(one, "visible", False)
        state.set(one.name_overlay, "visible", True, owner=one)
    state.give_back(layer)
    assert (layer.visible, layer.name_overlay.visible) == (True, False)
    assert (other.visible, other.name_overlay.visible) == (False, True)


def test_the_camera_comes_back_unless_somebody_moved_it():
    viewer = ViewerModel()
    viewer.add_image(np.zeros((50, 50)))
    camera, loan = viewer.scene.camera, CameraLoan(viewer)
    camera.center, camera.zoom = (0.0, 20.0, 30.0), 4.0
    loan.move(CameraPlace((0.0, 5.0, 5.0), 2.0))
    loan.move(CameraPlace((0.0, 6.0, 6.0), 1.0))
    loan.give_back()
    assert (tuple(camera.center), camera.zoom) == ((0.0, 20.0, 30.0), 4.0)
    loan.move(CameraPlace((0.0, 5.0, 5.0), 2.0))
    camera.center, camera.zoom = (0.0, 40.0, 40.0), 6.0  # three times as large
    loan.give_back()
    assert (tuple(camera.center), camera.zoom) == ((0.0, 40.0, 40.0), 12.0)
