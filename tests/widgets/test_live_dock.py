"""Live in a real viewer: after any edits the result equals a full run, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import dask.array as da
import numpy as np
import pytest

from napari_fidelity.operations.provenance import unpack_pixels
from napari_fidelity.widgets.layers import METADATA_KEY
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock
from tests.widgets.live_scene import REACH, LiveOperation, live_backend, whole
from tests.widgets.painting import drag, drag_steps

SHAPE = (300, 340)


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def operation():
    operation = LiveOperation()
    yield operation
    operation.gate.set()
    operation.piece_gate.set()


def open_live_dock(viewer, operation, **keywords):
    dock = SynthesizeDock(viewer, live_backend(operation, **keywords))
    viewer.window.add_dock_widget(dock, name="Synthesize (Fidelity)")
    return dock


@pytest.fixture
def dock(viewer, operation):
    return open_live_dock(viewer, operation)


def add_mask(viewer, shape=SHAPE, name="mask"):
    pixels = np.zeros(shape, np.uint16)
    pixels[..., 40:90, 50:110] = 1
    pixels[..., 200:260, 180:280] = 2
    layer = viewer.add_labels(pixels, name=name)
    layer.brush_size = 12
    return layer


def switch_on(dock, qtbot):
    dock.live_switch.click()
    wait_settled(dock, qtbot)


def wait_settled(dock, qtbot):
    def is_settled():
        return dock._job is None and dock._quiet is None and dock.live.is_settled

    qtbot.waitUntil(lambda: is_settled() or not dock.live.is_on, timeout=10000)
    assert dock.live.is_on, dock.words.text()


def recipe(layer):
    return layer.metadata[METADATA_KEY]["provenance"]


def check_equal(dock, operation, mask):
    layer = dock.result.layer()
    note = recipe(layer)
    expected = whole(operation, mask, note)
    np.testing.assert_allclose(layer.data, expected, atol=1e-5 * np.ptp(expected))
    np.testing.assert_array_equal(unpack_pixels(note["source"]), mask.data)


# ── the same as a full run ───────────────────────────────────────────────────────────────


def random_points(rng, mask, count=4):
    height, width = mask.data.shape[-2:]
    start = rng.uniform((0, 0), (height, width))
    steps = rng.normal(0, 25, (count, 2)).cumsum(axis=0)
    point = mask._slice_input.world_slice.point[:-2]
    return [(*point, *np.clip(start + step, 0, (height - 1, width - 1))) for step in steps]


def random_edit(rng, viewer, mask, qtbot):
    kind = rng.choice(
        ["paint", "erase", "fill", "undo", "redo", "slice", "set", "in place", "swap", "ball"]
    )
    label = int(rng.integers(1, 9))
    if kind in ("paint", "erase"):
        for _ in drag_steps(mask, random_points(rng, mask), label=label, mode=kind):
            if rng.random() < 0.5:
                qtbot.wait(1)
    elif kind == "fill":
        drag(mask, random_points(rng, mask, 1), label=label, mode="fill")
    elif kind in ("undo", "redo"):
        getattr(mask, kind)()
    elif kind == "slice" and mask.ndim > 2:
        viewer.dims.set_point(0, int(rng.integers(mask.data.shape[0])))
    elif kind == "set":
        indices = tuple(rng.integers(0, size, 9) for size in mask.data.shape)
        mask.data_setitem(indices, label)
    elif kind in ("in place", "swap"):
        data = mask.data.copy() if kind == "swap" else mask.data
        top, left = rng.integers(0, 250, 2)
        data[..., top : top + 20, left : left + 30] = label
        if kind == "swap":
            mask.data = data
        else:
            mask.refresh()
    elif kind == "ball" and mask.ndim > 2:
        mask.n_edit_dimensions = 3
        drag(mask, random_points(rng, mask, 1), label=label)
        mask.n_edit_dimensions = 2
    return kind


@pytest.mark.parametrize("shape", [SHAPE, (4, *SHAPE)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_any_sequence_of_edits_gives_the_full_run(dock, viewer, operation, qtbot, shape, seed):
    rng = np.random.default_rng(seed)
    mask = add_mask(viewer, shape)
    switch_on(dock, qtbot)
    runs = operation.runs
    for _ in range(12):
        random_edit(rng, viewer, mask, qtbot)
    wait_settled(dock, qtbot)
    assert operation.runs == runs  # followed, not made anew
    check_equal(dock, operation, mask)


def test_the_picture_changes_before_the_release_and_only_near_the_brush(
    dock, viewer, operation, qtbot
):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    layer = dock.result.layer()
    before, limits = layer.data.copy(), layer.contrast_limits
    steps = drag_steps(mask, [(150, 100), (155, 120)], label=5)
    next(steps)
    qtbot.waitUntil(lambda: not np.array_equal(layer.data, before), timeout=2000)
    changed = np.argwhere(layer.data != before)
    assert np.abs(changed - (150, 100)).max() <= 6 + REACH
    assert "source" not in recipe(layer)  # these pixels are of no mask that was noted
    for _ in steps:
        pass
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)
    assert layer.contrast_limits == limits
    assert dock.words.text().startswith("Follows your brush · ")


def test_looking_around_renders_nothing(dock, viewer, operation, qtbot):
    mask = add_mask(viewer, (4, *SHAPE))
    switch_on(dock, qtbot)
    operation.pieces.clear()
    for point in (1, 3, 0):
        viewer.dims.set_point(0, point)
    viewer.dims.roll()
    viewer.dims.order = (0, 1, 2)
    mask.contour = 2
    mask.contour = 0
    mask.show_selected_label = True
    mask.visible = False
    mask.visible = True
    viewer.dims.ndisplay = 3
    viewer.dims.ndisplay = 2
    wait_settled(dock, qtbot)
    assert operation.pieces == []


def test_a_hidden_and_a_three_dimensional_result_are_right_too(dock, viewer, operation, qtbot):
    mask = add_mask(viewer, (4, *SHAPE))
    switch_on(dock, qtbot)
    dock.result.layer().visible = False
    drag(mask, [(0, 150, 100), (0, 155, 120)], label=5)
    wait_settled(dock, qtbot)
    dock.result.layer().visible = True
    viewer.dims.ndisplay = 3
    mask.data_setitem((np.array([2]), np.array([5]), np.array([6])), 3)
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)
    viewer.dims.ndisplay = 2


# ── on and off ───────────────────────────────────────────────────────────────────────────


def test_switching_on_again_makes_nothing_anew_but_what_was_edited(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    assert operation.runs == 1
    dock.live_switch.click()
    assert not dock.live.is_on
    before = dock.result.layer().data.copy()
    mask.data[10:14, 300:304] = 4
    mask.refresh()
    qtbot.wait(50)
    np.testing.assert_array_equal(dock.result.layer().data, before)
    switch_on(dock, qtbot)
    assert operation.runs == 1
    check_equal(dock, operation, mask)


def test_edits_during_the_full_run_are_followed_after_it(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    operation.gate.clear()
    dock.live_switch.click()
    qtbot.waitUntil(operation.in_run.is_set, timeout=5000)
    drag(mask, [(150, 100), (155, 120)], label=5)
    mask.data[10:14, 300:304] = 4
    mask.refresh()
    operation.gate.set()
    wait_settled(dock, qtbot)
    assert operation.runs == 1
    check_equal(dock, operation, mask)


@pytest.mark.parametrize("is_other_seed", [False, True])
def test_switching_on_during_a_run_follows_what_it_makes(
    dock, viewer, operation, qtbot, is_other_seed
):
    mask = add_mask(viewer)
    operation.gate.clear()
    dock.run()
    qtbot.waitUntil(operation.in_run.is_set, timeout=5000)
    drag(mask, [(150, 100), (155, 120)], label=5)  # not heard: Live is off
    if is_other_seed:
        dock.settings.form.set_values({"seed": 4})
    dock.live_switch.click()
    operation.gate.set()
    runs = 2 if is_other_seed else 1
    qtbot.waitUntil(lambda: operation.runs == runs, timeout=5000)
    wait_settled(dock, qtbot)
    assert operation.runs == runs
    assert recipe(dock.result.layer())["params"]["seed"] == (4 if is_other_seed else 0)
    check_equal(dock, operation, mask)


def test_an_empty_mask_waits_quietly_for_its_first_object(dock, viewer, operation, qtbot):
    mask = viewer.add_labels(np.zeros(SHAPE, np.uint16), name="mask")
    mask.brush_size = 12
    dock.live_switch.click()
    qtbot.waitUntil(lambda: dock._job is None, timeout=5000)
    assert (operation.runs, dock.result.layer()) == (0, None)
    assert dock.words.text() == "Live: paint a first object."
    steps = drag_steps(mask, [(150, 100), (155, 120), (160, 140)], label=1)
    next(steps)
    qtbot.waitUntil(lambda: dock.result.layer() is not None, timeout=5000)  # mid-stroke
    for _ in steps:
        pass
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)


def test_another_seed_and_keep_start_anew(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    first = dock.result.layer()
    dock.settings.form.set_values({"seed": 7})
    qtbot.waitUntil(lambda: operation.runs == 2, timeout=5000)
    wait_settled(dock, qtbot)
    assert dock.result.layer() is first
    assert recipe(first)["params"]["seed"] == 7
    dock.keep_button.click()
    qtbot.waitUntil(lambda: operation.runs == 3, timeout=5000)
    wait_settled(dock, qtbot)
    kept = first.data.copy()
    drag(mask, [(150, 100), (155, 120)], label=5)
    wait_settled(dock, qtbot)
    assert dock.result.layer() is not first
    np.testing.assert_array_equal(first.data, kept)
    check_equal(dock, operation, mask)


def test_a_seed_changed_during_a_run_counts(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    operation.gate.clear()
    dock.live_switch.click()
    qtbot.waitUntil(operation.in_run.is_set, timeout=5000)
    dock.settings.form.set_values({"seed": 3})
    qtbot.waitUntil(lambda: operation.runs == 2, timeout=5000)
    operation.gate.set()
    wait_settled(dock, qtbot)
    assert recipe(dock.result.layer())["params"]["seed"] == 3
    check_equal(dock, operation, mask)


def test_matched_levels_stay_during_a_stroke_and_are_fitted_after_it(
    dock, viewer, operation, qtbot
):
    mask = add_mask(viewer)
    real = np.full(SHAPE, 100, np.float32)
    real[mask.data > 0] = 900
    layer = viewer.add_image(real + np.arange(SHAPE[1], dtype=np.float32), name="real")
    dock.match_section.choice.choose(layer)
    viewer.layers.selection.active = mask
    switch_on(dock, qtbot)
    levels = recipe(dock.result.layer())["params"]["levels"]
    drag(mask, [(150, 100), (155, 300)], label=5)
    wait_settled(dock, qtbot)
    assert operation.runs == 2
    assert recipe(dock.result.layer())["params"]["levels"] != levels
    check_equal(dock, operation, mask)


def test_slow_runs_are_not_repeated_for_the_levels(dock, viewer, operation, qtbot, monkeypatch):
    monkeypatch.setattr("napari_fidelity.widgets.live_session.REFIT_LIMIT_S", 0.0)
    mask = add_mask(viewer)
    dock.settings.levels_box.setChecked(True)
    switch_on(dock, qtbot)
    drag(mask, [(150, 100), (155, 300)], label=5)
    wait_settled(dock, qtbot)
    assert operation.runs == 1
    assert dock.words.text() == "Levels as matched before; press Synthesize to match again."
    check_equal(dock, operation, mask)


def test_a_model_that_cannot_follow_is_drawn_anew_after_the_release(viewer, operation, qtbot):
    dock = open_live_dock(viewer, operation, follows=False)
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    assert dock.words.text().startswith("Drawn anew after each stroke · ")
    steps = drag_steps(mask, [(150, 100), (155, 120)], label=5)
    next(steps)
    qtbot.wait(350)
    assert operation.runs == 1
    for _ in steps:
        pass
    qtbot.waitUntil(lambda: operation.runs == 2, timeout=5000)
    wait_settled(dock, qtbot)
    assert operation.pieces == []
    check_equal(dock, operation, mask)


def test_saving_waits_until_live_has_caught_up(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    operation.piece_gate.clear()
    drag(mask, [(150, 100)], label=5)
    qtbot.waitUntil(operation.in_piece.is_set, timeout=5000)
    assert dock.save() is None
    assert "catching up" in dock.words.text()
    operation.piece_gate.set()
    wait_settled(dock, qtbot)


def test_a_synthesis_after_live_overwrites_its_own_pixels_only(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    layer = dock.result.layer()
    drag(mask, [(150, 100), (155, 120)], label=5)
    wait_settled(dock, qtbot)
    dock.live_switch.click()
    dock.run_button.click()
    qtbot.waitUntil(lambda: dock._job is None, timeout=5000)
    assert dock.result.layer() is layer
    layer.data[150, 100] = -1  # by hand, where Live had written
    dock.run_button.click()
    qtbot.waitUntil(lambda: dock._job is None, timeout=5000)
    assert dock.result.layer() is not layer
    assert layer.data[150, 100] == -1


# ── what goes wrong ──────────────────────────────────────────────────────────────────────


def hold_piece(dock, operation, mask, qtbot):
    """A stroke whose piece stands still on its thread."""
    operation.in_piece.clear()
    operation.piece_gate.clear()
    steps = drag_steps(mask, [(150, 100), (155, 120)], label=5)
    next(steps)
    qtbot.waitUntil(operation.in_piece.is_set, timeout=5000)
    return steps


def test_the_mask_deleted_mid_stroke(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    before = dock.result.layer().data.copy()
    hold_piece(dock, operation, mask, qtbot)
    viewer.layers.remove(mask)
    operation.piece_gate.set()
    qtbot.waitUntil(lambda: not dock.live.is_on, timeout=5000)
    qtbot.wait(20)
    np.testing.assert_array_equal(dock.result.layer().data, before)
    assert "Live has stopped" in dock.words.text()
    assert not dock.live_switch.isChecked()


def test_the_result_deleted_mid_stroke(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    steps = hold_piece(dock, operation, mask, qtbot)
    viewer.layers.remove(dock.result.layer())
    operation.piece_gate.set()
    for _ in steps:
        pass
    assert not dock.live.is_on
    assert dock.words.text() == "Live has stopped: its result was deleted."
    assert mask.data[150, 100] == 5
    switch_on(dock, qtbot)
    check_equal(dock, operation, mask)


def test_pixels_of_the_result_replaced_by_hand_are_left_alone(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    layer = dock.result.layer()
    layer.data = np.zeros(SHAPE, np.uint8)
    drag(mask, [(150, 100)], label=5)
    qtbot.waitUntil(lambda: not dock.live.is_on, timeout=5000)
    assert not layer.data.any()
    assert "are others now" in dock.words.text()


def test_both_layers_renamed_mid_stroke(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    steps = hold_piece(dock, operation, mask, qtbot)
    mask.name, dock.result.layer().name = "other", "mine"
    operation.piece_gate.set()
    for _ in steps:
        pass
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)


@pytest.mark.parametrize("change", ["dtype", "shape"])
def test_labels_of_another_type_or_shape_start_anew(dock, viewer, operation, qtbot, change):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    hold_piece(dock, operation, mask, qtbot)
    mask.data = mask.data.astype(np.int32) if change == "dtype" else mask.data[:200, :150].copy()
    operation.piece_gate.set()
    qtbot.waitUntil(lambda: operation.runs == 2, timeout=5000)
    wait_settled(dock, qtbot)
    drag(mask, [(100, 100)], label=6)
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)


def test_the_viewer_closed_while_a_piece_is_rendered(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    hold_piece(dock, operation, mask, qtbot)
    thread = dock.live._painting._thread
    viewer.close()
    assert not dock.live.is_on
    operation.piece_gate.set()
    qtbot.waitUntil(lambda: not thread.is_busy, timeout=5000)


def test_closing_the_dock_switches_live_off(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    viewer.window.remove_dock_widget(dock)
    assert not dock.live.is_on
    operation.pieces.clear()
    drag(mask, [(150, 100)], label=5)
    qtbot.wait(20)
    assert operation.pieces == []
    dock.deleteLater()


def test_idle_with_live_on_nothing_runs_and_napari_has_nothing_to_ask(
    dock, viewer, operation, qtbot, monkeypatch
):
    monkeypatch.setattr("napari_fidelity.widgets.piece_thread.IDLE_MS", 50)
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    drag(mask, [(150, 100), (155, 120)], label=5)
    assert not viewer.window._task_status_manager.is_busy()
    wait_settled(dock, qtbot)
    qtbot.waitUntil(lambda: dock.live._painting._thread.is_idle, timeout=5000)
    assert not viewer.window._task_status_manager.is_busy()
    drag(mask, [(100, 100)], label=6)  # and it comes back
    wait_settled(dock, qtbot)
    check_equal(dock, operation, mask)


def test_a_piece_that_fails_ends_live_with_a_sentence(dock, viewer, operation, qtbot):
    mask = add_mask(viewer)
    switch_on(dock, qtbot)
    before = dock.result.layer().data.copy()
    operation.failure = MemoryError()
    drag(mask, [(150, 100)], label=5)
    qtbot.waitUntil(lambda: not dock.live.is_on, timeout=5000)
    assert "ran out of memory" in dock.words.text()
    np.testing.assert_array_equal(dock.result.layer().data, before)


def test_cancelling_the_first_run_switches_live_off(dock, viewer, operation, qtbot):
    add_mask(viewer)
    operation.gate.clear()
    dock.live_switch.click()
    qtbot.waitUntil(operation.in_run.is_set, timeout=5000)
    dock.cancel()
    qtbot.waitUntil(lambda: dock._job is None, timeout=5000)
    assert not dock.live.is_on
    assert dock.words.text() == "Cancelled: the layers are as they were."


def test_masks_that_cannot_be_followed_say_why(dock, viewer):
    assert not dock.live_switch.isEnabled()
    small = np.zeros((64, 64), np.uint16)
    cases = [
        (viewer.add_labels(da.from_array(small), name="lazy"), "are read when needed"),
        (viewer.add_labels([small, small[::2, ::2]], name="pyramid"), "pyramid"),
        (viewer.add_image(small.astype(np.uint8), name="binary"), "Labels layer"),
    ]
    for layer, reason in cases:
        dock.mask_section.choice.choose(layer)
        assert not dock.live_switch.isEnabled()
        assert reason in dock.live_switch.toolTip()
    dock.mask_section.choice.choose(add_mask(viewer))
    assert dock.live_switch.isEnabled()
    assert "while you paint" in dock.live_switch.toolTip()


# ── the shipped generator ────────────────────────────────────────────────────────────────


def test_the_shipped_generator_follows_strokes_to_what_its_recipe_gives(viewer, qtbot):
    from napari_fidelity.core.image import Image
    from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize
    from napari_fidelity.widgets.synthesis_backend import default_backend

    real = default_backend()
    backend = replace(  # one precision on every machine
        real,
        synthesize=lambda mask, params, progress, reference=None: real.synthesize(
            mask, params.model_copy(update={"precision": "float32"}), progress, reference
        ),
    )
    dock = SynthesizeDock(viewer, backend)
    viewer.window.add_dock_widget(dock, name="Synthesize (Fidelity)")
    pixels = np.zeros((150, 140), np.uint16)
    pixels[40:80, 50:90] = 1
    mask = viewer.add_labels(pixels, name="mask")
    mask.brush_size = 14
    dock.live_switch.click()
    qtbot.waitUntil(lambda: dock.live._painting is not None, timeout=60000)
    drag(mask, [(110, 30), (118, 60), (100, 70)], label=5)
    drag(mask, [(60, 60)], label=5, mode="erase")
    mask.undo()
    qtbot.waitUntil(lambda: dock.live.is_settled, timeout=60000)
    layer = dock.result.layer()
    params = SynthesizeParams.parse(recipe(layer)["params"])
    expected = synthesize(Image(mask.data.copy()), params).array
    np.testing.assert_allclose(layer.data, expected, atol=1e-5 * np.ptp(expected))
    np.testing.assert_array_equal(unpack_pixels(recipe(layer)["source"]), mask.data)
