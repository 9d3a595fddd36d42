"""The list of layers stays right while layers come, go, move and are renamed."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels
from qtpy.QtCore import Qt

from napari_fidelity.widgets.layer_choice import LayerChoice


def verdict(layer):
    if not isinstance(layer, Image):
        return None
    return "" if layer.data.shape == (4, 4) else f"“{layer.name}” is not 4×4."


@pytest.fixture
def viewer():
    viewer = ViewerModel()
    for name, side in (("a", 4), ("wide", 5), ("b", 4)):
        viewer.add_image(np.zeros((side, side)), name=name)
    viewer.add_layer(Labels(np.zeros((4, 4), int), name="mask"))
    return viewer


def make_choice(viewer, qtbot, **options):
    choice = LayerChoice(viewer, verdict, **options)
    qtbot.addWidget(choice)
    return choice


def texts(choice):
    return [choice.itemText(row) for row in range(choice.count())]


def test_the_top_layer_comes_first_and_the_unfit_is_greyed_with_its_reason(viewer, qtbot):
    choice = make_choice(viewer, qtbot)
    assert texts(choice) == ["b", "wide", "a"]
    assert choice.layer() is viewer.layers["b"]
    assert not choice.model().item(1).isEnabled()
    assert choice.itemData(1, Qt.ItemDataRole.ToolTipRole) == "“wide” is not 4×4."
    choice.choose(viewer.layers["wide"])
    assert choice.layer() is viewer.layers["b"]


def test_rename_and_reorder_keep_the_choice(viewer, qtbot):
    choice = make_choice(viewer, qtbot)
    chosen = viewer.layers["a"]
    choice.choose(chosen)
    chosen.name = "renamed"
    viewer.layers.move(0, 3)
    assert choice.layer() is chosen
    assert choice.currentText() == "renamed"


def test_deleting_the_chosen_layer_moves_on_and_says_so(viewer, qtbot):
    choice, heard = make_choice(viewer, qtbot), []
    choice.layer_changed.connect(heard.append)
    viewer.layers.remove("b")
    assert choice.layer() is viewer.layers["a"]
    assert heard == [viewer.layers["a"]]


def test_with_a_none_entry_deleting_goes_back_to_none(viewer, qtbot):
    choice = make_choice(viewer, qtbot, none_text="none")
    assert choice.layer() is None
    choice.choose(viewer.layers["a"])
    viewer.layers.remove("a")
    assert choice.layer() is None
    assert choice.currentText() == "none"


def test_a_chosen_layer_that_changes_shape_gives_its_reason(viewer, qtbot):
    choice = make_choice(viewer, qtbot)
    viewer.layers["b"].data = np.zeros((6, 6))
    assert choice.layer() is None
    assert choice.problem() == "“b” is not 4×4."


def test_an_empty_list_says_so(qtbot):
    choice = make_choice(ViewerModel(), qtbot, empty_text="no image")
    assert (choice.layer(), texts(choice)) == (None, ["no image"])


def test_layers_added_after_the_widget_was_deleted_do_no_harm(viewer, qtbot):
    choice = LayerChoice(viewer, verdict)
    choice.deleteLater()
    qtbot.wait(20)
    assert viewer.add_image(np.zeros((4, 4))) in viewer.layers
