import csv
import io
import json
import math

import pytest

from napari_fidelity.metrics import METRICS, Score
from napari_fidelity.metrics.tables import (
    FORMATS,
    ScoreRow,
    find_best,
    format_csv,
    format_json,
    format_table,
    list_json_rows,
)

SETTINGS = {"data_range": 200.0, "margin_px": 5, "density": "kde", "border": "valid",
            "n_foreground": 10, "n_background": None}  # fmt: skip


def row(name: str, plane: tuple[int, ...] = (), is_mean: bool = False, **values: float) -> ScoreRow:
    scores = {
        key: Score(key, value, "" if math.isfinite(value) else f"no {key}", SETTINGS)
        for key, value in values.items()
    }
    floor = {"blurred": 0.5, "distance": math.nan}
    return ScoreRow(name, scores, SETTINGS, plane, is_mean, floor, 0.04, {"blur": "blur right"})


ROWS = [
    row("a.tif", sfm=0.5, nfm=0.3, bfm=0.4, psnr=math.inf),
    row("b, c.tif", sfm=0.7, nfm=math.nan, bfm=2.0, psnr=30.0),
    row("d.tif", sfm=0.6, nfm=0.2, bfm=0.0, psnr=30.0),
]


@pytest.mark.parametrize(("key", "best"), [("sfm", {1}), ("nfm", {2}), ("bfm", {1}), ("psnr", {0})])
def test_best_follows_the_direction(key: str, best: set[int]) -> None:
    assert find_best(ROWS, key) == best


def test_best_needs_a_rival_of_the_same_plane() -> None:
    assert find_best(ROWS[:1], "sfm") == set()
    assert find_best([row("a", sfm=math.nan), row("b", sfm=0.1)], "sfm") == set()
    assert find_best([row("a", sfm=0.1), row("b", sfm=0.1)], "sfm") == {0, 1}
    planes = [row("a", (0,), sfm=0.1), row("a", (1,), sfm=0.9), row("b", (0,), sfm=0.2),
              row("b", (1,), sfm=0.3), row("a", (), True, sfm=0.5)]  # fmt: skip
    assert find_best(planes, "sfm") == {1, 2}


def test_json_has_null_and_reasons() -> None:
    rows = json.loads(format_json(ROWS))
    assert [r["image"] for r in rows] == ["a.tif", "b, c.tif", "d.tif"]
    assert rows[0]["psnr"] is None
    assert rows[0]["reasons"] == {"psnr": "no psnr"}
    assert rows[1]["nfm"] is None
    assert rows[1]["sfm"] == 0.7
    assert rows[2]["reasons"] == {}
    assert rows[0]["settings"] == SETTINGS
    assert rows[0]["baselines"] == {"blurred": 0.5, "distance": None}
    assert rows[0]["nfm_floor"] == 0.04
    assert rows[0]["verdicts"] == {"blur": "blur right"}
    assert "plane" not in rows[0]


def test_json_names_planes() -> None:
    rows = list_json_rows([row("a", (0, 2), sfm=0.1), row("a", (), True, sfm=0.1)])
    assert [r["plane"] for r in rows] == [[0, 2], "mean"]


def test_warnings_and_details_are_told() -> None:
    score = Score("bfm", 4.0, "", {}, {"gain": 2.0, "warning": "gain 2", "gain_matched": math.nan})
    (found,) = list_json_rows([ScoreRow("a", {"bfm": score}, {})])
    assert found["warnings"] == ["gain 2"]
    assert found["details"]["bfm"] == {"gain": 2.0, "warning": "gain 2", "gain_matched": None}
    assert "a: gain 2" in format_table([ScoreRow("a", {"bfm": score}, {})])


def test_csv_is_read_back() -> None:
    lines = list(csv.DictReader(io.StringIO(format_csv(ROWS))))
    assert [line["image"] for line in lines] == ["a.tif", "b, c.tif", "d.tif"]
    assert float(lines[1]["sfm"]) == 0.7
    assert lines[1]["nfm"] == ""
    assert lines[0]["psnr"] == "inf"
    assert lines[0]["margin_px"] == "5"
    assert lines[0]["n_background"] == ""
    assert lines[0]["sfm_baseline_blurred"] == "0.5"
    assert lines[0]["nfm_floor"] == "0.04"
    assert lines[1]["reasons"] == "nfm: no nfm"


def test_the_table_is_aligned_and_marks_the_best() -> None:
    text = format_table(ROWS)
    head, first, second, third = text.splitlines()[:4]
    assert head.split() == ["image", "sfm", "nfm", "bfm", "psnr"]
    assert second.startswith("b, c.tif")
    assert "0.7*" in second
    assert "–" in second
    assert "inf*" in first
    assert "0.2*" in third
    ends = [head.index("sfm") + 3, first.index("0.5") + 4, second.index("0.7*") + 4]
    assert len(set(ends)) == 1  # one blank is kept for the mark
    assert "a.tif: psnr: no psnr" in text
    assert "blurred mask scores SFM 0.500; floor of NFM 0.040" in text
    assert text.count("margin_px 5") == 1


def test_wide_tables_are_folded() -> None:
    wide = ScoreRow("x" * 60, {k: Score(k, 0.5, "", {}) for k in METRICS}, {})
    lines = format_table([wide]).splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith("image") for line in lines) > 1


def test_no_rows() -> None:
    assert format_table([]) == "Nothing was measured."
    assert format_json([]) == "[]"
    assert format_csv([]).startswith("image,plane")
    assert set(FORMATS) == {"table", "csv", "json"}
