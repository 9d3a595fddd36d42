"""Masks of all kinds, none, and the background in the Assess dock."""

import numpy as np
import pytest
from napari.layers import Labels
from scipy import ndimage

from tests.widgets.assess_scene import SHAPE, bars_of, disks, open_dock, run


def test_without_a_mask_the_rest_runs_and_otsu_makes_one(qtbot, scene):
    scene.layers.remove("nuclei")
    dock = open_dock(qtbot, scene)
    assessment = run(qtbot, dock)
    bars = bars_of(dock, "defocused")
    assert (bars["Signal"].words, bars["Noise"].words) == ("needs a mask", "needs a mask")
    assert np.isfinite(bars["Blur"].value)
    assert np.isfinite(assessment.rows[0].scores["ssim"].value)
    assert not dock.background_button.isEnabled()
    assert "mask" in dock.background_button.toolTip()
    assert dock.inputs.otsu_button.isVisibleTo(dock)
    before = scene.layers.selection.active
    with qtbot.waitSignal(dock.make_mask().finished, timeout=5000):
        pass
    mask = dock.inputs.mask_choice.layer()
    assert isinstance(mask, Labels)
    assert mask.name == "automatic mask (Otsu) of real"
    assert scene.layers.selection.active is before
    assert np.mean((mask.data > 0) == (disks() > 0)) > 0.95
    qtbot.waitUntil(lambda: not dock.inputs.otsu_button.isVisibleTo(dock), timeout=2000)
    assert dock.stale_reason() == "Another mask is chosen."
    run(qtbot, dock)
    assert np.isfinite(bars_of(dock, "defocused")["Signal"].value)


def test_otsu_of_a_constant_image_says_so(qtbot, viewer):
    viewer.add_image(np.full(SHAPE, 7, np.uint8), name="flat")
    dock = open_dock(qtbot, viewer)
    with qtbot.waitSignal(dock.make_mask().finished, timeout=5000):
        pass
    assert "constant" in dock.words.text()
    assert len(viewer.layers) == 1


@pytest.mark.parametrize("top", [1, 255])
def test_an_image_of_two_values_is_a_mask(qtbot, scene, top):
    scene.layers.remove("nuclei")
    image = scene.add_image(((disks() > 0) * top).astype(np.float32), name="binary")
    dock = open_dock(qtbot, scene)
    assert image not in dock.inputs.tests.offered()
    dock.inputs.choose_mask(image)
    assert dock.inputs.mask_choice.layer() is image
    assessment = run(qtbot, dock)
    assert assessment.settings["n_foreground"] == np.count_nonzero(disks())


def test_shapes_are_a_mask(qtbot, scene):
    scene.layers.remove("nuclei")
    square = np.array([[10, 12], [10, 31], [29, 31], [29, 12]])
    shapes = scene.add_shapes([square], shape_type="polygon", name="drawn")
    dock = open_dock(qtbot, scene)
    dock.inputs.choose_mask(shapes)
    assessment = run(qtbot, dock)
    assert assessment.settings["n_foreground"] == pytest.approx(400, abs=45)
    shapes.add_rectangles([[40, 40], [50, 50]])
    qtbot.waitUntil(dock.result.is_stale, timeout=2000)


def test_show_background_is_what_noise_used(qtbot, scene, dock):
    assert not dock.background_button.isEnabled()
    assessment = run(qtbot, dock)
    active = scene.layers.selection.active
    dock.background_button.click()
    shown = dock.overlay.layer
    expected = ~ndimage.binary_dilation(disks() > 0, iterations=1)
    assert np.array_equal(shown.data > 0, assessment.background)
    assert not (assessment.background & ~expected).any()
    assert np.count_nonzero(shown.data) == assessment.settings["n_background"]
    assert scene.layers.selection.active is active
    assert dock.inputs.mask_choice.layer().name == "nuclei"
    assert not dock.result.is_stale()
    dock.inputs.settings.set_values({"margin_px": 9})
    run(qtbot, dock)
    assert np.array_equal(dock.overlay.layer.data > 0, dock.assessment.background)
    dock.background_button.click()
    assert len(scene.layers) == 4
    dock.background_button.click()
    scene.layers.remove(dock.overlay.layer)
    assert not dock.background_button.isChecked()


def test_background_from_a_layer_and_from_a_label(qtbot, scene, dock):
    corner = np.zeros(SHAPE, np.uint8)
    corner[:15, 40:] = 1
    layer = scene.add_labels(corner, name="empty corner")
    dock.inputs.choose_mask(scene.layers["nuclei"])
    dock.inputs.background.mode.setCurrentIndex(1)
    dock.inputs.background.layer_choice.choose(layer)
    assert np.array_equal(run(qtbot, dock).background, corner > 0)
    both = disks()
    both[:15, 40:] = 9
    scene.layers["nuclei"].data = both
    dock.inputs.background.mode.setCurrentIndex(2)
    dock.inputs.background.label_box.setValue(9)
    assessment = run(qtbot, dock)
    assert np.array_equal(assessment.background, corner > 0)
    assert assessment.settings["n_foreground"] == np.count_nonzero(disks())
    dock.inputs.background.label_box.setValue(77)
    run(qtbot, dock)
    assert dock.words.text() == ("“nuclei” has no label 77: pick another for the background.")
