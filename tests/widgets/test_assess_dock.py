"""What the Assess dock offers, why it refuses, and how it is laid out."""

import numpy as np
import pytest
from qtpy.QtWidgets import QScrollArea

from napari_fidelity.core.errors import UserError
from tests.widgets.assess_scene import disks, microscope, open_dock, run


def test_reasons_why_nothing_can_be_measured(qtbot, viewer):
    dock = open_dock(qtbot, viewer)
    assert dock.problem() == "Open an image to compare with."
    viewer.add_image(microscope(disks(), 0), name="real")
    qtbot.waitUntil(lambda: "second image" in dock.problem(), timeout=2000)
    viewer.add_image(microscope(disks(), 1), name="other")
    qtbot.waitUntil(dock.run_button.isEnabled, timeout=2000)
    dock.inputs.tests.tick([])
    assert dock.problem() == "Tick an image to assess."
    assert dock.run_button.toolTip() == "Tick an image to assess."
    with pytest.raises(UserError, match="Tick"):
        dock.start()


def test_newest_labels_of_equal_shape_are_the_mask(qtbot, scene, dock):
    small = scene.add_labels(np.ones((8, 8), int), name="small")
    newest = scene.add_labels(disks(), name="newest")
    assert dock.inputs.mask_choice.layer() is newest
    index = dock.inputs.mask_choice.findText("small")
    assert not dock.inputs.mask_choice.model().item(index).isEnabled()
    assert small.name in dock.inputs.mask_choice.itemData(index, 3)  # tooltip: the reason
    scene.layers.remove(newest)
    qtbot.waitUntil(lambda: dock.inputs.mask_choice.layer() is scene.layers["nuclei"], timeout=2000)


def test_active_layer_is_taken(qtbot, scene):
    scene.layers.selection.active = scene.layers["real"]
    dock = open_dock(qtbot, scene)
    dock.take_active_layer()
    assert dock.inputs.reference_choice.layer().name != "real"
    assert scene.layers["real"] in dock.inputs.tests.ticked()


def test_narrow_dock_and_keyboard_order(qtbot, dock):
    run(qtbot, dock)
    dock.inputs.fold.set_open(True)
    dock.resize(316, 700)
    area = dock.findChild(QScrollArea)
    assert area.widget().minimumSizeHint().width() <= 300
    assert dock.sizeHint().width() <= 320
    order, widget = [], dock.inputs.tests.boxes()[0]
    wanted = [*dock.inputs.controls(), dock.run_button, dock.table_button, dock.background_button]
    for _ in range(200):
        if any(widget is one for one in wanted):
            order.append(widget)
        widget = widget.nextInFocusChain()
        if widget is wanted[0]:
            break
    assert order == wanted


def test_both_themes(qtbot, scene, dock):
    run(qtbot, dock)
    colors = []
    for theme in ("dark", "light"):
        scene.theme = theme
        colors.append(dock.result.cards[0].bars[0]._palette.text.name())
    assert colors[0] != colors[1]
