"""Rows as a table, and in words."""

import pytest

from napari_fidelity.app.benchmark.expectations import (
    list_expectations,
    say_precision,
    say_stroke,
)
from napari_fidelity.app.benchmark.report import format_rows
from napari_fidelity.app.benchmark.row import Row

CPU = {"device": "cpu", "precision": "float32", "rmse_of_range": 0.0}


def test_a_row_without_another_has_no_ratio():
    row = Row("large", 1.2, None, "GB")
    assert row.ratio is None
    assert row.as_json()["other"] is None
    _, line = format_rows([row]).splitlines()
    assert line.split() == ["large", "1.2", "GB"]


def test_columns_stand_below_their_headings():
    rows = [Row("a", 1.0, 2.0, "s", "first"), Row("much_longer", 0.001234, 1234.0, "ms")]
    head, first, second = format_rows(rows).splitlines()
    assert head.index("ours") == first.index("1") == second.index("0.00123")
    assert head.index("ratio") == first.index("2.0")
    assert second.split() == ["much_longer", "0.00123", "1234", "ms", "1000000.0"]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([9.0, 9.5], "follows the brush: 9 ms a step, on a large canvas too."),
        ([25.0, 25.0], "follows the brush at 40 pictures a second: 25 ms a step, on"),
        ([60.0, 61.0], "lags behind the brush: 60 ms a step, on"),
        ([8.0, 16.0], "follows the brush: 8 ms a step, 16 ms on a large canvas."),
    ],
)
def test_a_stroke_is_judged_by_its_slowest_step(steps, words):
    assert words in say_stroke(steps)


def test_the_reason_for_the_precision_is_told():
    fast = {"device": "cpu", "precision": "bfloat16", "rmse_of_range": 0.0011}
    assert "bfloat16 is used because this processor" in say_precision(fast, ["bfloat16"])
    assert "within 0.11 % of the range (0.2 % are allowed)" in say_precision(fast, ["bfloat16"])
    assert "bfloat16 would change the result by more than 0.2 %" in say_precision(CPU, ["bfloat16"])
    assert "this processor has no fast arithmetic of 16 bits" in say_precision(CPU, [])
    gpu = {"device": "cuda:0", "precision": "float32", "rmse_of_range": 0.0}
    assert "this device" in say_precision(gpu, [])


def test_what_was_not_measured_is_left_out():
    assert len(list_expectations([], CPU, [])) == 1
    rows = [Row("predict_gpu_fast", 0.0084, 0.02, "s")]
    assert "On the GPU it takes about 8.4 ms." in list_expectations(rows, CPU, [])
