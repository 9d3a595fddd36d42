"""The tile loop: every step once, in batches of equal tiles, polled before each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.inference.tile_loop import run_tiles


class Negate:
    """Negates batches, in a box if asked, and notes their shapes."""

    def __init__(self, batch_size):
        self.batch_size = batch_size
        self.shapes = []

    def __call__(self, batch, inner=None):
        self.shapes.append(tuple(batch.shape))
        return -batch if inner is None else -batch[..., slice(*inner[0]), slice(*inner[1])]


def draw_tile(step):
    return torch.full((1, 4, 4 + step % 2), float(step))


def test_neighbours_of_equal_shape_share_a_batch_and_every_step_is_written_once():
    runner, written, seen = Negate(2), {}, []
    progress = Progress(lambda done, total, text: seen.append((done, total, text)))
    steps = [0, 2, 4, 1, 3, 6]
    run_tiles(runner, steps, draw_tile, written.__setitem__, progress, "Doing")
    assert list(written) == steps
    for step, output in written.items():
        np.testing.assert_array_equal(output, np.full((1, 4, 4 + step % 2), -step))
    assert [shape[0] for shape in runner.shapes] == [2, 1, 2, 1]
    assert seen == [(done, 6, "Doing") for done in range(7)]


def test_only_the_inner_box_is_written_and_boxes_are_not_mixed():
    runner, written = Negate(8), {}
    run_tiles(
        runner,
        [0, 2, 4],
        draw_tile,
        written.__setitem__,
        Progress(),
        "",
        inner=lambda step: ((0, 2), (1, 4 if step else 2)),
    )
    assert {step: output.shape for step, output in written.items()} == {
        0: (1, 2, 1),
        2: (1, 2, 3),
        4: (1, 2, 3),
    }
    assert [shape[0] for shape in runner.shapes] == [1, 2]


def test_asked_to_stop_it_reads_no_further_tile():
    read = []

    def draw(step):
        read.append(step)
        return draw_tile(step)

    progress = Progress(is_cancelled=lambda: len(read) == 2)
    with pytest.raises(Cancelled):
        run_tiles(Negate(8), range(0, 20, 2), draw, lambda *_: None, progress, "")
    assert read == [0, 2]
