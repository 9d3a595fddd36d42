"""Boxes of edits cover every changed pixel, whatever was done; looking around gives none."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_fidelity.widgets.block_sums import BlockSums, sum_blocks, sum_row
from napari_fidelity.widgets.label_edits import LabelEdits, boxes_of_atom
from tests.widgets.painting import drag, drag_steps


class Ear:
    """Hears edits, and says whether they cover what changed."""

    def __init__(self, layer):
        self.layer = layer
        self.edits = LabelEdits(layer)
        self.boxes, self.commits, self.suspicions, self.replacements = [], 0, 0, 0
        self.edits.edited.connect(lambda *box: self.boxes.append(box))
        self.edits.committed.connect(lambda: self._count("commits"))
        self.edits.suspected.connect(lambda: self._count("suspicions"))
        self.edits.replaced.connect(lambda: self._count("replacements"))
        self.before = layer.data.copy()

    def _count(self, name):
        setattr(self, name, getattr(self, name) + 1)

    def covered(self):
        mask = np.zeros(self.layer.data.shape, bool)
        for index, start, stop in self.boxes:
            mask[(*index, slice(start[0], stop[0]), slice(start[1], stop[1]))] = True
        return mask

    def check(self, *, at_most):
        """All changed pixels were told, none by a comparison; forget them."""
        changed = self.layer.data != self.before
        assert changed.any()
        covered = self.covered()
        assert not (changed & ~covered).any()
        assert covered.sum() <= at_most
        assert self.suspicions == 0
        self.boxes, self.before = [], self.layer.data.copy()

    def check_silence(self):
        np.testing.assert_array_equal(self.layer.data, self.before)
        assert (self.boxes, self.suspicions, self.commits) == ([], 0, 0)


@pytest.fixture
def viewer():
    return ViewerModel()


def add_labels(viewer, shape=(80, 100), **keywords):
    pixels = np.zeros(shape, np.uint16)
    pixels[..., 20:40, 30:50] = 3
    layer = viewer.add_labels(pixels, name="mask", **keywords)
    layer.brush_size = 6
    return layer


LINE = [(10, 10), (12, 20), (30, 26)]
LINE_BOX = 28 * 24


def test_every_step_of_a_drag_is_told_before_the_release(viewer):
    ear = Ear(add_labels(viewer))
    for _ in drag_steps(ear.layer, LINE, label=5):
        ear.check(at_most=LINE_BOX)
        assert ear.edits.is_painting()
        assert ear.commits == 0
    assert ear.commits == 1
    assert ear.boxes == []  # the release changes no pixel


@pytest.mark.parametrize("mode", ["erase", "fill"])
def test_erasing_and_filling(viewer, mode):
    ear = Ear(add_labels(viewer))
    drag(ear.layer, [(30, 40), (31, 42)], label=7, mode=mode)
    ear.check(at_most=400)


def test_undo_and_redo_any_number_of_times(viewer):
    ear = Ear(add_labels(viewer))
    for offset in (0, 20, 40):
        drag(ear.layer, [(y + offset, x + offset) for y, x in LINE], label=4)
    ear.check(at_most=3 * LINE_BOX)
    ear.commits = 0
    for action in ("undo", "undo", "redo", "undo", "undo", "redo", "redo", "redo"):
        getattr(ear.layer, action)()
        ear.check(at_most=LINE_BOX)
    assert ear.commits == 8
    drag(ear.layer, [(70, 5), (72, 9)], label=9)
    ear.layer.undo()
    ear.layer.undo()
    drag(ear.layer, [(5, 90)], label=2)  # napari forgets what could be redone
    ear.check(at_most=LINE_BOX + 200)


def test_undo_when_napari_has_forgotten_the_oldest_strokes(viewer):
    ear = Ear(add_labels(viewer))
    for step in range(ear.layer._history_limit + 5):
        drag(ear.layer, [(40, 5 + step % 80)], label=1 + step % 2)
    ear.check(at_most=8 * 100)
    ear.layer.undo()
    ear.check(at_most=49)


def test_undo_and_painting_while_hidden_are_not_lost(viewer):
    ear = Ear(add_labels(viewer))
    drag(ear.layer, LINE, label=4)
    ear.check(at_most=LINE_BOX)
    ear.layer.visible = False
    ear.layer.undo()
    ear.layer.paint((70, 90), 8)
    ear.check(at_most=LINE_BOX + 49)
    ear.layer.undo()
    ear.layer.visible = True
    assert ear.suspicions == 1  # `data[...] =` while hidden is told by nothing else
    ear.suspicions = 0
    ear.check(at_most=49)


def test_data_setitem_polygon_and_grouped_edits(viewer):
    ear = Ear(add_labels(viewer))
    ear.layer.data_setitem((np.array([3, 4, 6]), np.array([7, 9, 8])), 2)
    ear.check(at_most=12)
    ear.layer.undo()
    ear.check(at_most=12)
    ear.layer.paint_polygon([(50, 50), (50, 70), (60, 60)], 6)
    ear.check(at_most=11 * 21)
    with ear.layer.block_history():
        ear.layer.paint((10, 10), 1, refresh=False)
        ear.layer.fill((30, 40), 9, refresh=False)
    ear.check(at_most=49 + 400)
    ear.layer.undo()
    ear.check(at_most=49 + 400)


def test_an_aborted_stroke_is_told_twice_there_and_back(viewer):
    ear = Ear(add_labels(viewer))
    ear.layer.mode = "paint"
    ear.layer._begin_stroke()
    ear.layer._draw(5, (10, 10), (20, 20))
    ear.check(at_most=400)
    ear.layer._abort_stroke()
    ear.check(at_most=400)
    assert not ear.edits.is_painting()


def test_one_slice_of_a_stack_and_a_ball_through_it(viewer):
    ear = Ear(add_labels(viewer, (9, 80, 100)))
    viewer.dims.set_point(0, 4)
    drag(ear.layer, [(4, 10, 10), (4, 20, 12)], label=5)
    assert {index for index, _, _ in ear.boxes} == {(4,)}
    ear.check(at_most=LINE_BOX)
    ear.layer.n_edit_dimensions = 3
    drag(ear.layer, [(4, 60, 60)], label=6)
    assert {index for index, _, _ in ear.boxes} == {(z,) for z in range(1, 8)}
    ear.check(at_most=7**3)
    viewer.dims.set_point(0, 0)
    ear.suspicions = 0
    ear.layer.undo()  # another slice is shown than the one that changes
    ear.layer.undo()
    ear.check(at_most=7**3 + LINE_BOX)


def test_axes_rolled_and_transposed(viewer):
    ear = Ear(add_labels(viewer, (30, 80, 100)))
    viewer.dims.order = (1, 2, 0)
    viewer.dims.set_point(1, 33)
    drag(ear.layer, [(10, 33, 20), (14, 33, 40)], label=5)
    ear.check(at_most=12 * 30)
    ear.layer.undo()
    ear.check(at_most=12 * 30)


def test_a_scaled_and_moved_layer(viewer):
    ear = Ear(add_labels(viewer, scale=(0.5, 0.5), translate=(100, 7)))
    drag(ear.layer, [(105, 12), (110, 20)], label=5)
    ear.check(at_most=30 * 30)


def test_looking_around_is_no_edit(viewer):
    ear = Ear(add_labels(viewer, (9, 80, 100)))
    layer = ear.layer
    viewer.add_image(np.zeros((9, 80, 100)), name="below")
    for slice_ in (3, 8, 0):
        viewer.dims.set_point(0, slice_)
    viewer.dims.roll()
    viewer.dims.transpose()
    viewer.dims.order = (0, 1, 2)
    viewer.dims.ndisplay = 3
    viewer.dims.ndisplay = 2
    layer.contour = 2
    layer.show_selected_label = True
    layer.selected_label = 3
    layer.show_selected_label = False
    layer.selected_label = 1
    layer.opacity, layer.blending, layer.brush_size = 0.3, "additive", 9
    layer.new_colormap(seed=3)
    layer.mode = "pan_zoom"
    layer.scale = (2, 1, 1)
    layer.translate = (5, 5, 5)
    layer.name = "renamed"
    layer.visible = False
    viewer.dims.set_point(0, 5)
    viewer.scene.camera.zoom = 3
    viewer.layers.selection.active = None
    ear.check_silence()


def test_edits_in_place_are_suspected_after_a_refresh_only(viewer):
    ear = Ear(add_labels(viewer))
    ear.layer.data[:4, :4] = 9
    assert ear.suspicions == 0
    ear.layer.refresh()
    assert (ear.suspicions, ear.boxes) == (1, [])


def test_swapped_data_is_suspected_and_other_shapes_end_the_watch(viewer):
    ear = Ear(add_labels(viewer))
    ear.layer.data = ear.layer.data.copy()
    assert (ear.suspicions, ear.replacements) == (1, 0)
    drag(ear.layer, LINE, label=5)
    ear.suspicions = 0
    ear.check(at_most=LINE_BOX)
    ear.layer.data = ear.layer.data.astype(np.int32)
    assert (ear.suspicions, ear.replacements) == (0, 1)
    drag(ear.layer, [(60, 60)], label=6)
    assert ear.boxes == []


def test_without_napari_s_private_strokes_the_shown_box_is_told(viewer, monkeypatch):
    layer = add_labels(viewer, (9, 80, 100))
    viewer.dims.set_point(0, 4)
    monkeypatch.setattr("napari_fidelity.widgets.label_edits._staged_of", lambda _layer: None)
    ear = Ear(layer)
    steps = drag_steps(layer, [(4, 10, 10), (4, 20, 12)], label=5)
    next(steps)
    next(steps)
    assert {index for index, _, _ in ear.boxes} == {(4,)}
    ear.check(at_most=LINE_BOX)
    for _ in steps:
        pass


def test_an_unknown_atom_without_pixels_has_no_box():
    empty = (np.array([], int), np.array([], int))
    assert list(boxes_of_atom((empty, 0, 1), (4, 4))) == []


@pytest.mark.parametrize("shape", [(300, 700), (3, 257, 256)])
def test_sums_find_the_blocks_that_changed(shape):
    rng = np.random.default_rng(0)
    array = rng.integers(0, 9, shape, np.uint16)
    sums = sum_blocks(array)
    before = array.copy()
    for _ in range(3):
        array[tuple(rng.integers(0, size) for size in shape)] += 1
    boxes = [box for row in sums.rows() for box in sums.take_row(row, sum_row(array, row))]
    covered = np.zeros(shape, bool)
    for index, start, stop in boxes:
        covered[(*index, slice(start[0], stop[0]), slice(start[1], stop[1]))] = True
    changed = array != before
    assert changed.sum() == 3
    assert not (changed & ~covered).any()
    assert covered.sum() <= 3 * 256**2
    assert not any(sums.take_row(row, sum_row(array, row)) for row in sums.rows())


def test_a_marked_block_is_told_once_and_edits_during_a_sum_are_told_again():
    array = np.zeros((300, 300), np.uint8)
    sums = sum_blocks(array)
    sums.mark((), (250, 0), (260, 10))
    row = (0,)
    known = sums.expect_row(row)
    fresh = sum_row(array, row)
    sums.mark((), (0, 290), (5, 300))  # painted while a worker was summing
    assert sums.take_row(row, fresh, known) == [((), (0, 0), (256, 256))]
    assert sums.take_row(row, sum_row(array, row)) == [((), (0, 256), (256, 300))]
    assert sums.take_row((1,), sum_row(array, (1,))) == [((), (256, 0), (300, 256))]


def test_other_sums_differ_where_both_are_known():
    array = np.zeros((300, 300), np.uint8)
    first = sum_blocks(array)
    array[0, 0] = 1
    assert first.unmarked_differ(sum_blocks(array))
    first.mark((), (0, 0), (1, 1))
    assert not first.unmarked_differ(sum_blocks(array))
    assert first.unmarked_differ(BlockSums((300, 301)))
