import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fidelity.widgets.assess_verdicts import judge_test, spell_refusal
from napari_fidelity.widgets.layer_list import LayerList


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    for name in ("raw", "blurred", "sharp"):
        viewer.add_image(np.random.default_rng(0).random((16, 16)), name=name)
    return viewer


@pytest.fixture
def box_list(qtbot, viewer):
    reference = viewer.layers["raw"]
    widget = LayerList(
        viewer,
        lambda layer: judge_test(layer, reference),
        lambda layer: spell_refusal(layer, reference),
    )
    qtbot.addWidget(widget)
    return widget


def names(layers):
    return [layer.name for layer in layers]


def test_equal_images_are_ticked_top_first_without_the_reference(box_list):
    assert names(box_list.ticked()) == ["sharp", "blurred"]


def test_others_are_greyed_with_the_reason(viewer, box_list):
    small = viewer.add_image(np.random.default_rng(0).random((8, 8)), name="small")
    scaled = viewer.add_image(np.random.default_rng(0).random((16, 16)), name="far", scale=(2, 2))
    colour = viewer.add_image(np.random.default_rng(0).random((16, 16, 3)), name="rgb", rgb=True)
    viewer.add_labels(np.zeros((16, 16), int), name="labels")
    assert names(box_list.ticked()) == ["sharp", "blurred"]
    texts = {layer: box_list.box(layer).whole_text() for layer in (small, scaled, colour)}
    assert list(texts.values()) == ["small (8×8)", "far (other position)", "rgb (colour)"]
    assert not any(box_list.box(layer).isEnabled() for layer in texts)
    assert box_list.box(small).toolTip() == (
        "“raw” is 16×16, “small” is 8×8: pick a pair of equal size."
    )
    assert "scale" in box_list.box(scaled).toolTip()


def test_ticks_survive_renaming_and_other_layers(viewer, box_list):
    box_list.box(viewer.layers["blurred"]).setChecked(False)
    viewer.layers["blurred"].name = "defocused"
    viewer.add_image(np.ones((16, 16)), name="new")
    assert names(box_list.ticked()) == ["new", "sharp"]
    assert box_list.box(viewer.layers["defocused"]).whole_text() == "defocused"


def test_deleting_a_ticked_layer_tells(qtbot, viewer, box_list):
    with qtbot.waitSignal(box_list.ticked_changed, timeout=1000):
        viewer.layers.remove("sharp")
    assert names(box_list.ticked()) == ["blurred"]


def test_long_names_do_not_widen(viewer, box_list):
    viewer.layers["sharp"].name = "x" * 300
    assert box_list.minimumSizeHint().width() <= 200
