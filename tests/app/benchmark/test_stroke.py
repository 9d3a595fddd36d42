"""The rows of a stroke say what was timed, and a stroke edits the mask that is followed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fidelity.app.benchmark.stroke import Stroke, draw_nuclei, measure_stroke
from napari_fidelity.core.image import Image
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize

FLOAT32 = ComputeSettings(precision="float32")


def test_a_row_for_each_canvas_and_a_large_one_is_extrapolated():
    small, large = measure_stroke((128, 256), FLOAT32, steps=3, largest_whole_px=128)
    assert (small.name, large.name) == ("stroke_128", "stroke_256")
    assert small.unit == large.unit == "ms"
    assert large.other == pytest.approx(4 * small.other)
    assert small.remark == "float32, beside a full run"
    assert large.remark == "float32, beside a full run (from 128², times 4)"


def test_a_stroke_paints_and_leaves_nothing_dirty():
    image = synthesize(Image(draw_nuclei(64, 64)), compute=FLOAT32)
    stroke = Stroke(200, SynthesizeParams.parse(image.provenance["params"]), FLOAT32)
    before = stroke.labels.copy()
    assert stroke.time_step(0, 10) > 0
    changed = np.argwhere(stroke.labels != before)
    assert (np.ptp(changed, axis=0) <= 20).all()
    assert len(changed) > 200
    assert not stroke.region


def test_nuclei_lie_in_the_middle_of_a_canvas():
    labels = draw_nuclei(256, 128)
    rows = np.flatnonzero(labels.any(axis=1))
    assert labels.max() == 4
    assert 64 <= rows[0] < rows[-1] < 192
