"""The Compare dock without a window: what it shows, and that everything comes back."""

import numpy as np
import pytest
from napari.experimental import link_layers, unlink_layers
from napari.layers import Shapes

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.compare_mode import LINKED
from napari_fidelity.widgets.compare_sections import SECTIONS
from napari_fidelity.widgets.compare_session import make_modes
from napari_fidelity.widgets.temporary_layers import TEMPORARY
from napari_fidelity.widgets.view_region import shown_region
from tests.widgets.compare_scene import fill, looks_of, open_dock, shown


@pytest.fixture
def scene(viewer):
    return fill(viewer)


@pytest.fixture
def dock(qtbot, scene):
    return open_dock(qtbot, scene)


def test_visible_images_are_ticked_masks_and_hidden_ones_are_not(dock):
    assert [layer.name for layer in dock.layers()] == ["truth", "dim", "coarse"]
    assert len(dock.inputs.layer_list.boxes()) == 5
    assert dock.run_button.isEnabled()


def test_selected_layers_are_ticked(dock, scene):
    scene.layers.selection = {scene.layers["truth"], scene.layers["mask"]}
    dock.take_active_layer()
    assert [layer.name for layer in dock.layers()] == ["truth", "mask"]


def test_one_click_shows_the_layers_in_the_grid_and_one_brings_all_back(dock, scene):
    scene.canvas.grid.stride, scene.canvas.grid.shape = -2, (3, 1)
    scene.layers["dim"].name_overlay.visible = True
    before = looks_of(scene)
    data = [layer.data for layer in scene.layers]
    dock.run_button.click()
    grid = scene.canvas.grid
    assert (grid.enabled, grid.stride) == (True, 1)
    assert shown(scene) == ["truth", "dim", "coarse"]
    assert all(layer.name_overlay.visible for layer in dock.layers())
    assert [tuple(layer.contrast_limits) for layer in dock.layers()] == [(0, 734)] * 3
    assert dock.run_button.text() == "Stop"
    dock.run_button.click()
    assert looks_of(scene) == before
    assert all(layer.data is pixels for layer, pixels in zip(scene.layers, data, strict=True))
    assert dock.run_button.text() == "Compare"


def test_every_cell_shows_what_the_canvas_showed(dock, scene):
    scene.canvas.size = (400, 900)
    scene.reset_view()
    place = dock.session.mode.camera.now()
    region = np.array(shown_region(scene, place, dock.layers()))
    assert np.allclose(region, [(-0.5, -0.5), (23.5, 31.5)], atol=0.6)
    dock.start()
    assert scene.canvas.grid.actual_shape(scene.layers) == (1, 3)
    assert scene.scene.camera.zoom * 32 <= 300 - 4
    assert scene.scene.camera.zoom * 33 > 0.9 * (300 - 4)


def test_captions_follow_their_switch(dock, scene):
    dock.start()
    dock.inputs.caption_box.setChecked(False)
    assert not any(layer.name_overlay.visible for layer in scene.layers)
    dock.stop()
    dock.start()
    assert not any(layer.name_overlay.visible for layer in scene.layers)


def test_blink_shows_one_at_a_time_and_brings_all_back(dock, scene):
    before = looks_of(scene)
    dock.set_mode("blink")
    blink = dock.session.mode
    blink.controls().hold.setChecked(True)
    dock.start()
    seen = []
    for _ in range(4):
        seen.append(shown(scene))
        dock.show_next()
    assert seen == [[name, "mask"] for name in ("truth", "dim", "coarse", "truth")]
    dock.stop()
    assert looks_of(scene) == before


def test_blink_goes_on_by_itself_and_never_faster_than_is_safe(qtbot, dock, scene):
    dock.set_mode("blink")
    rate = dock.session.mode.controls().rate
    rate.setValue(50)
    assert rate.value() == 6.0
    dock.start()
    qtbot.waitUntil(lambda: shown(scene)[0] == "dim", timeout=2000)


def test_another_view_while_comparing(dock, scene):
    before = looks_of(scene)
    dock.start()
    dock.set_mode("blink")
    assert not scene.canvas.grid.enabled
    dock.set_mode("grid")
    assert scene.canvas.grid.enabled
    dock.stop()
    assert looks_of(scene) == before


@pytest.mark.parametrize("mode", ["grid", "blink"])
def test_layers_that_come_and_go(dock, scene, mode):
    before = looks_of(scene)
    dock.set_mode(mode)
    dock.start()
    scene.layers.remove("dim")
    assert [layer.name for layer in dock.session.layers] == ["truth", "coarse"]
    added = scene.add_image(np.ones((24, 32)), name="new")
    assert added in dock.session.layers
    scene.layers["truth"].name = "the truth"
    scene.layers.move(0, 2)
    dock.inputs.layer_list.box(scene.layers["coarse"]).click()
    assert [layer.name for layer in dock.session.layers] == ["the truth", "new"]
    hidden = scene.layers["mask"]
    scene.layers.remove(hidden)
    assert hidden.visible
    scene.layers.append(hidden)
    dock.stop()
    after = looks_of(scene)
    assert after["grid"] == before["grid"]
    assert after["coarse"] == before["coarse"]
    assert after["the truth"] == before["truth"]
    assert not added.name_overlay.visible


@pytest.mark.parametrize("mode", ["grid", "blink"])
def test_when_one_layer_is_left_the_comparison_ends(dock, scene, mode):
    before = looks_of(scene)
    dock.set_mode(mode)
    dock.start()
    scene.layers.remove("dim")
    scene.layers.remove("coarse")
    assert not dock.session.is_on
    assert dock.words.text() == "“coarse” was deleted. One layer is left: the comparison has ended."
    after = looks_of(scene)
    for name in ("grid", "truth", "hidden", "mask"):
        assert after[name] == before[name]
    scene.layers.clear()
    assert not dock.run_button.isEnabled()
    assert dock.run_button.toolTip() == "Tick two layers or more to compare them."
    with pytest.raises(UserError, match="Tick two layers"):
        dock.session.start([])


def test_a_deleted_layer_is_as_it_was(dock, scene):
    dock.start()
    dim = scene.layers["dim"]
    scene.layers.remove(dim)
    assert tuple(dim.contrast_limits) == (10, 380)
    assert not dim.name_overlay.visible
    assert dim.gamma == 0.8


def test_unticking_down_to_one_ends_it(dock, scene):
    before = looks_of(scene)
    dock.start()
    for name in ("dim", "coarse"):
        dock.inputs.layer_list.box(scene.layers[name]).click()
    assert not dock.session.is_on
    assert dock.words.text() == "One layer is left: the comparison has ended."
    assert looks_of(scene) == before


def test_switching_napari_s_grid_off_ends_it(dock, scene):
    before = looks_of(scene)
    dock.start()
    scene.canvas.grid.enabled = False
    assert not dock.session.is_on
    assert looks_of(scene) == before
    assert dock.words.text() == "The grid was switched off: the comparison has ended."


def test_switching_napari_s_grid_on_ends_a_blink(dock, scene):
    dock.set_mode("blink")
    dock.start()
    scene.canvas.grid.enabled = True
    assert not dock.session.is_on
    assert scene.canvas.grid.enabled
    assert shown(scene) == ["truth", "dim", "coarse", "mask"]
    assert dock.words.text() == "The grid was switched on: the comparison has ended."
    dock.start()  # a grid that was on comes back
    assert not scene.canvas.grid.enabled
    dock.stop()
    assert scene.canvas.grid.enabled


def test_what_a_person_changes_meanwhile_stays(dock, scene):
    dock.start()
    scene.layers["dim"].visible = False
    scene.canvas.grid.spacing = 20
    scene.layers["hidden"].visible = True
    dock.stop()
    assert not scene.layers["dim"].visible
    assert scene.layers["hidden"].visible
    assert scene.canvas.grid.spacing == 20
    assert not scene.canvas.grid.enabled


def test_contrast_of_its_own_for_each(dock, scene):
    dock.start()
    dock.inputs.contrast_box.click()
    assert tuple(scene.layers["dim"].contrast_limits) == (10, 380)
    scene.layers["dim"].contrast_limits = (20, 90)  # by hand, unlinked: stays
    assert tuple(scene.layers["truth"].contrast_limits) == (0, 700)
    dock.stop()
    assert tuple(scene.layers["dim"].contrast_limits) == (20, 90)


def test_contrast_that_would_hide_an_image_is_not_shared_unless_asked_for(dock, scene):
    share = scene.add_image(np.random.default_rng(0).random((24, 32)), name="share")
    assert not dock.inputs.contrast_box.isChecked()
    assert "“share” is shown from" in dock.inputs.contrast_words.text()
    dock.start()
    assert max(share.contrast_limits) < 2
    dock.inputs.contrast_box.click()
    assert max(share.contrast_limits) > 700
    assert dock.inputs.contrast_words.text() == ""
    dock.stop()
    assert max(share.contrast_limits) < 2


def test_views_that_need_a_window_say_so(dock):
    assert "window" in dock.session.modes["swipe"].problem(dock.layers())
    dock.start()
    dock.set_mode("views")
    assert dock.words.text() == "A window of its own needs napari's window."
    assert dock.session.mode.key == "grid"
    assert dock.inputs.mode_buttons.buttons["grid"].isChecked()


def test_images_of_every_kind(dock, scene):
    da = pytest.importorskip("dask.array")
    stack = np.arange(2 * 3 * 24 * 32, dtype=np.uint16).reshape(2, 3, 24, 32)
    scene.add_image(da.from_array(stack), name="lazy")
    scene.add_image([stack, stack[..., ::2, ::2]], name="levels", multiscale=True)
    scene.add_image(np.zeros((24, 32, 3), np.uint8), rgb=True, name="colours")
    before = looks_of(scene)
    dock.inputs.layer_list.tick(dock.inputs.layer_list.offered())
    dock.inputs.layer_list.ticked_changed.emit()
    for mode in ("grid", "blink"):
        dock.set_mode(mode)
        dock.start()
        scene.dims.set_point(0, 1)
        scene.dims.ndisplay = 3
        scene.dims.ndisplay = 2
        dock.stop()
        after = looks_of(scene)
        for name in (*[layer.name for layer in scene.layers], "grid", "order"):
            assert after[name] == before[name]


def test_sections_follow_the_ticked_layers(qtbot, scene, dock, monkeypatch):
    for fold in dock.sections:
        fold.set_open(True)
        assert fold.section is not None
    dock.inputs.layer_list.tick(dock.layers()[:2])
    assert len(dock.sections) == len(SECTIONS)


def test_views_have_a_title_a_purpose_and_a_hint(viewer, dock):
    for key, mode in make_modes(viewer, dock).items():
        assert mode.key == key
        for words in (mode.title, mode.purpose, mode.hint()):
            assert words
        assert mode.purpose.endswith(".")


def test_shapes_stay_over_blinking_images(dock, scene):
    line = Shapes([np.array([[0, 0], [20, 20]])], shape_type="line", name="line")
    scene.layers.append(line)
    dock.set_mode("blink")
    dock.start()
    assert line.visible
    dock.set_mode("grid")
    assert not line.visible
    dock.stop()
    assert line.visible


def test_maps_of_other_docks_have_a_cell_and_are_no_layers_to_compare(qtbot, dock, scene):
    before = looks_of(scene)
    dock.start()
    grid = scene.canvas.grid
    zoom = scene.scene.camera.zoom
    preview = scene.add_image(np.ones((24, 32)), name="map", metadata=dict(TEMPORARY))
    qtbot.waitUntil(lambda: scene.scene.camera.zoom != zoom, timeout=1000)
    assert preview not in dock.layers()
    assert preview.name_overlay.visible
    assert grid.shape[0] * -(-4 // grid.shape[0]) >= 4
    scene.layers.remove(preview)
    qtbot.waitUntil(lambda: scene.scene.camera.zoom == pytest.approx(zoom), timeout=1000)
    dock.stop()
    after = looks_of(scene)
    assert {**after, "selection": None} == {**before, "selection": None}


def test_a_map_of_differences_keeps_its_contrast(dock, scene):
    history = {"napari-fidelity": {"provenance": {"operation": "difference"}}}
    kept = scene.add_image(
        np.ones((24, 32)), name="kept", contrast_limits=(-1, 1), metadata=history
    )
    assert dock.inputs.contrast_box.isChecked()
    dock.start()
    assert kept in dock.session.layers
    assert tuple(kept.contrast_limits) == (-1, 1)
    assert tuple(scene.layers["dim"].contrast_limits) == (0, 734)


def test_a_line_drawn_meanwhile_stays_in_sight(qtbot, dock, scene):
    dock.start()
    line = scene.add_shapes([np.array([[0, 0], [20, 20]])], shape_type="line", name="line")
    qtbot.waitUntil(lambda: "cell of their own" in dock.words.text(), timeout=1000)
    assert line.visible
    assert not scene.layers["mask"].visible
    dock.stop()
    assert line.visible


def test_what_a_person_shows_or_hides_stays_so_when_layers_come(qtbot, dock, scene):
    dock.start()
    scene.layers["dim"].visible = False
    scene.layers["hidden"].visible = True
    scene.add_image(np.ones((24, 32)), name="new")
    assert shown(scene) == ["truth", "coarse", "hidden", "new"]
    dock.inputs.layer_list.box(scene.layers["coarse"]).click()
    assert shown(scene) == ["truth", "hidden", "new"]
    dock.stop()
    assert shown(scene) == ["truth", "coarse", "hidden", "mask", "new"]


def test_cells_follow_the_size_of_the_canvas_unless_a_person_zoomed(qtbot, dock, scene):
    scene.canvas.size = (400, 900)
    scene.reset_view()
    dock.start()
    camera, zoom = scene.scene.camera, scene.scene.camera.zoom
    scene.canvas.size = (900, 400)
    qtbot.waitUntil(lambda: scene.canvas.grid.shape == (3, -1), timeout=1000)
    assert camera.zoom == pytest.approx(0.96 * min(296 / 24, 396 / 32), rel=0.03)
    assert camera.zoom > zoom
    camera.zoom = 3.0
    scene.canvas.size = (400, 900)
    qtbot.wait(120)
    assert camera.zoom == 3.0


def test_layers_that_hide_each_other_are_said(qtbot, dock, scene):
    pair = [scene.layers["truth"], scene.layers["dim"]]
    link_layers(pair)
    before = looks_of(scene)
    dock.start()
    assert dock.session.is_on
    dock.set_mode("blink")
    qtbot.waitUntil(lambda: not dock.session.is_on, timeout=1000)
    assert dock.words.text() == LINKED
    unlink_layers(pair)
    assert shown(scene) == ["truth", "dim", "coarse", "mask"]
    assert looks_of(scene)["coarse"] == before["coarse"]
