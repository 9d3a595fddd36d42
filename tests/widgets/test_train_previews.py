"""Previews of a run get their new pixels strip by strip, and end up complete."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.widgets.train_pictures import Pictures
from napari_fidelity.widgets.train_previews import STRIP_PX, TrainPreviews

ROWS = 2 * STRIP_PX + 10


def make_pictures(step, value, shape=(ROWS, 16)):
    filled = np.full(shape, value, np.float32)
    return Pictures(
        step=step,
        inputs=np.zeros(shape, np.float32),
        results=filled,
        targets=np.zeros(shape, np.float32),
        names=("field",),
        input_limits=(0.0, 1.0),
        target_limits=(0.0, 1.0),
        axes="ZYX"[-len(shape) :],
        scale=(1.0,) * len(shape),
        units=("pixel",) * len(shape),
        is_cut=False,
    )


@pytest.fixture
def previews(viewer, qtbot):
    previews = TrainPreviews(viewer)
    yield previews
    previews.close()


def test_all_strips_of_the_newest_results_are_shown(previews, viewer, qtbot):
    previews.show(make_pictures(1, 0.1), "run")
    qtbot.waitUntil(lambda: len(viewer.layers) == 3)
    layer = viewer.layers[1]
    previews.show(make_pictures(2, 0.2), "run")
    assert (layer.data[:STRIP_PX] == np.float32(0.2)).all()
    assert (layer.data[STRIP_PX:] == np.float32(0.1)).all()
    newest = make_pictures(3, 0.3)
    previews.show(newest, "run")  # before the second ones were all shown
    qtbot.waitUntil(lambda: bool((layer.data == np.float32(0.3)).all()))
    qtbot.wait(20)
    np.testing.assert_array_equal(layer.data, newest.results)
    assert viewer.layers[1] is layer
    assert layer.name == "run: step 3"


def test_a_layer_that_goes_meanwhile_does_no_harm(previews, viewer, qtbot):
    previews.show(make_pictures(1, 0.1), "run")
    qtbot.waitUntil(lambda: len(viewer.layers) == 3)
    previews.show(make_pictures(2, 0.2), "run")
    viewer.layers.clear()
    qtbot.wait(20)
    assert not previews.layers


def test_volumes_are_shown_at_once(previews, viewer, qtbot):
    previews.show(make_pictures(1, 0.1, (2, 8, 8)), "run")
    qtbot.waitUntil(lambda: len(viewer.layers) == 3)
    previews.show(make_pictures(2, 0.2, (2, 8, 8)), "run")
    assert (viewer.layers[1].data == np.float32(0.2)).all()
