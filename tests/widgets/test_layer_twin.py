import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QObject

from napari_fidelity.widgets.layer_twin import LayerTwin, make_twin


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def parent(qtbot):
    return QObject()


def test_every_kind_of_layer_has_a_twin(viewer):
    da = pytest.importorskip("dask.array")
    stack = np.zeros((3, 8, 8), np.uint16)
    viewer.add_image(stack, scale=(2, 0.1, 0.1), units=("um",) * 3, metadata={"a": object()})
    viewer.add_image([stack, stack[:, ::2, ::2]], multiscale=True)
    viewer.add_image(da.from_array(stack))
    viewer.add_image(np.zeros((8, 8, 3), np.uint8), rgb=True)
    viewer.add_labels(stack).contour = 1
    viewer.add_points(np.zeros((2, 2)))
    viewer.add_shapes([np.array([[0, 0], [4, 4]])], shape_type="line")
    for layer in viewer.layers:
        twin = make_twin(layer)
        assert type(twin) is type(layer)
        assert not twin.metadata
        assert getattr(twin, "contour", None) == getattr(layer, "contour", None)
        assert np.array_equal(twin.scale, layer.scale)
        assert twin.units == layer.units
        assert twin.multiscale == layer.multiscale if hasattr(layer, "multiscale") else True


def test_a_twin_follows_look_place_and_pixels(qtbot, viewer, parent):
    source = viewer.add_labels(np.zeros((8, 8), int), name="mask")
    twin = LayerTwin(source, viewer, parent, follows_eye=True)
    source.opacity, source.contour, source.visible = 0.2, 2, False
    source.scale = (0.5, 0.5)
    assert (twin.layer.opacity, twin.layer.contour, twin.layer.visible) == (0.2, 2, False)
    assert twin.layer.scale.tolist() == [0.5, 0.5]
    source.data = np.ones((4, 4), int)
    qtbot.waitUntil(lambda: twin.layer.data.shape == (4, 4), timeout=1000)
    source.visible = True
    told = []
    twin.layer.events.set_data.connect(told.append)
    source.paint((1, 1), 3)
    qtbot.waitUntil(lambda: bool(told), timeout=1000)
    twin.close()
    source.opacity = 0.9
    assert twin.layer.opacity == 0.2


def test_another_slice_is_no_edit(qtbot, viewer, parent):
    source = viewer.add_image(np.zeros((3, 8, 8)))
    twin = LayerTwin(source, viewer, parent, follows_eye=False)
    told = []
    twin.layer.events.set_data.connect(told.append)
    viewer.dims.set_point(0, 0)
    qtbot.wait(90)
    assert not told
