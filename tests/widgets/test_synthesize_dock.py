"""The Synthesize dock in a real viewer, with a quick operation behind it."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt

from napari_fidelity.widgets.layers import METADATA_KEY
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

FRAME = {"scale": (0.5, 0.25), "translate": (10, 20), "units": ("um", "um")}


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer, backend):
    dock = SynthesizeDock(viewer, backend)
    viewer.window.add_dock_widget(dock, name="Synthesize (Fidelity)")
    return dock


def add_mask(viewer, name="mask", shape=(64, 48), **frame):
    pixels = np.zeros(shape, np.uint16)
    pixels[..., 10:30, 10:20] = 1
    pixels[..., 35:55, 15:40] = 2
    return viewer.add_labels(pixels, name=name, **frame)


def add_real(viewer, name="real", **frame):
    pixels = np.full((64, 48), 100, np.uint16)
    pixels[10:30, 10:20] = 900
    return viewer.add_image(pixels, name=name, colormap="cyan", contrast_limits=(50, 950), **frame)


def press_and_wait(dock, qtbot):
    dock.run_button.click()
    qtbot.waitUntil(lambda: dock._job is None, timeout=10000)


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_a_button_that_cannot_work_says_why(dock, viewer):
    assert not dock.run_button.isEnabled()
    assert dock.run_button.toolTip() == "Choose a mask, or make one and paint."
    assert dock.words.text() == dock.run_button.toolTip()
    for button in (dock.keep_button, dock.save_button):
        assert not button.isEnabled()
        assert "no result" in button.toolTip()
    add_mask(viewer)
    assert dock.run_button.isEnabled()
    assert dock.words.text() == "The image appears as a new layer below the mask."


def test_new_mask_lies_on_the_active_image_with_the_brush_in_hand(dock, viewer):
    add_real(viewer, **FRAME)
    dock.mask_section.new_button.click()
    mask = viewer.layers.selection.active
    assert isinstance(mask, Labels)
    assert (mask.mode, mask.selected_label, mask.data.shape) == ("paint", 1, (64, 48))
    np.testing.assert_array_equal(mask.scale, (0.5, 0.25))
    np.testing.assert_array_equal(mask.translate, (10, 20))
    assert dock.mask_section.chosen_mask() is mask
    assert dock.mask_section.new_button.isHidden()


def test_new_mask_without_any_image_is_512_square(dock, viewer):
    dock.mask_section.new_button.click()
    assert viewer.layers[0].data.shape == (512, 512)


def test_the_mask_follows_the_active_labels(dock, viewer):
    first, second = add_mask(viewer, "first"), add_mask(viewer, "second")
    viewer.layers.selection.active = first
    assert dock.mask_section.chosen_mask() is first
    viewer.layers.selection.active = second
    assert dock.mask_section.chosen_mask() is second
    real = add_real(viewer)
    viewer.layers.selection.active = real
    assert dock.mask_section.chosen_mask() is second


def test_a_result_has_the_name_frame_and_provenance(dock, viewer, qtbot):
    add_mask(viewer, **FRAME)
    dock.settings.form.set_values({"seed": 7})
    press_and_wait(dock, qtbot)
    assert names(viewer) == ["mask · fake-nuclei · seed 7", "mask"]
    layer, mask = viewer.layers
    assert layer.data.dtype == np.float32
    for field in ("scale", "translate", "units", "axis_labels"):
        np.testing.assert_array_equal(getattr(layer, field), getattr(mask, field))
    assert layer.metadata[METADATA_KEY]["provenance"]["params"]["seed"] == 7
    assert viewer.layers.selection.active is mask
    assert dock.words.text().startswith("Added “mask · fake-nuclei · seed 7”.")


def test_a_matched_result_looks_like_the_real_image(dock, viewer, operation, qtbot):
    real = add_real(viewer, **FRAME)
    add_mask(viewer, **FRAME)
    dock.match_section.choice.choose(real)
    press_and_wait(dock, qtbot)
    layer = viewer.layers[1]
    assert names(viewer) == ["real", "mask · fake-nuclei · seed 0", "mask"]
    assert layer.data.dtype == np.uint16
    assert layer.colormap.name == "cyan"
    assert tuple(layer.contrast_limits) == (50, 950)
    np.testing.assert_array_equal(operation.seen[0][2].array, real.data)
    assert not dock.settings.levels_box.isEnabled()


def test_images_on_other_pixels_are_greyed_with_the_reason(dock, viewer):
    add_real(viewer, scale=(2, 2))
    add_mask(viewer)
    choice = dock.match_section.choice
    assert not choice.model().item(1).isEnabled()
    assert "differ in scale" in choice.itemData(1, Qt.ItemDataRole.ToolTipRole)


def test_a_second_press_updates_and_keep_starts_anew(dock, viewer, qtbot):
    add_mask(viewer)
    press_and_wait(dock, qtbot)
    layer = viewer.layers[0]
    before = layer.data.copy()
    dock.settings.form.set_values({"seed": 1})
    press_and_wait(dock, qtbot)
    assert viewer.layers[0] is layer
    assert names(viewer) == ["mask · fake-nuclei · seed 1", "mask"]
    assert (layer.data != before).any()
    dock.keep_button.click()
    assert not dock.keep_button.isEnabled()
    dock.settings.form.set_values({"seed": 2})
    press_and_wait(dock, qtbot)
    assert names(viewer) == ["mask · fake-nuclei · seed 1", "mask · fake-nuclei · seed 2", "mask"]


def test_a_result_edited_by_hand_is_never_overwritten(dock, viewer, qtbot):
    add_mask(viewer)
    press_and_wait(dock, qtbot)
    edited = viewer.layers[0]
    edited.data[0, 0] = 12345
    press_and_wait(dock, qtbot)
    assert edited.data[0, 0] == 12345
    assert len(viewer.layers) == 3
    assert "was edited by hand and stays as it is" in dock.words.text()


def test_another_mask_does_not_overwrite_the_first_ones_result(dock, viewer, qtbot):
    add_mask(viewer, "one")
    press_and_wait(dock, qtbot)
    add_mask(viewer, "two")
    press_and_wait(dock, qtbot)
    results = [f"{name} · fake-nuclei · seed 0" for name in ("one", "two")]
    assert names(viewer) == [results[0], "one", results[1], "two"]


def test_contrast_set_by_hand_survives_an_update(dock, viewer, qtbot):
    add_mask(viewer)
    press_and_wait(dock, qtbot)
    viewer.layers[0].contrast_limits = (0, 50)
    press_and_wait(dock, qtbot)
    assert tuple(viewer.layers[0].contrast_limits) == (0, 50)


@pytest.mark.parametrize("shape", [(3, 64, 48), (2, 3, 64, 48)])
def test_stacks_go_through_whole(dock, viewer, qtbot, shape):
    add_mask(viewer, shape=shape, scale=(2.0, 3.0, 0.5, 0.25)[-len(shape) :])
    press_and_wait(dock, qtbot)
    layer, mask = viewer.layers
    assert layer.data.shape == shape
    np.testing.assert_array_equal(layer.scale, mask.scale)


def test_a_two_valued_image_and_shapes_are_masks_but_a_photo_is_not(dock, viewer, qtbot):
    binary = np.zeros((64, 48), np.uint8)
    binary[20:40, 20:40] = 255
    mask = viewer.add_image(binary, name="binary")
    photo = viewer.add_image(np.zeros((64, 48, 3), np.uint8), rgb=True, name="photo")
    choice = dock.mask_section.choice
    choice.choose(photo)
    assert dock.mask_section.chosen_mask() is None
    choice.choose(mask)
    press_and_wait(dock, qtbot)
    assert "binary · fake-nuclei · seed 0" in names(viewer)
    shapes = viewer.add_shapes([np.array([[5, 5], [5, 20], [20, 20], [20, 5]])], name="drawn")
    choice.choose(shapes)
    press_and_wait(dock, qtbot)
    assert "drawn · fake-nuclei · seed 0" in names(viewer)


def test_the_dock_is_narrow_and_the_keyboard_goes_from_top_to_bottom(dock, viewer, qtbot):
    assert dock.minimumSizeHint().width() <= 320
    add_mask(viewer, "a mask with a name that is much longer than any dock should ever be wide")
    press_and_wait(dock, qtbot)
    dock.settings_fold.set_open(True)
    content = dock.run_button.parentWidget()
    assert content.minimumSizeHint().width() <= 320
    order = [
        *(dock.mask_section.choice, dock.model_section.combo, dock.match_section.choice),
        *(dock.run_button, dock.keep_button, dock.save_button, dock.settings_fold.heading),
    ]
    chain, widget = [], dock.mask_section.choice
    for _ in range(200):
        if widget in order and widget not in chain:
            chain.append(widget)
        widget = widget.nextInFocusChain()
    assert chain == order


def test_both_themes_use_the_themes_own_colours(dock, viewer):
    from napari_fidelity.widgets.palette import palette_of_theme

    for theme in ("light", "dark"):
        viewer.theme = theme
        assert palette_of_theme(theme).accent.name() in dock.styleSheet()
