import math

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_fidelity.metrics.measure import Score
from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.metrics.tables import ScoreRow
from napari_fidelity.widgets.metric_table import MetricTableModel
from napari_fidelity.widgets.metric_window import MetricWindow
from napari_fidelity.widgets.palette import palette_of_theme

SPECS = [METRICS[key] for key in ("sfm", "nfm", "bfm", "psnr")]


def row(name, sfm, nfm, bfm, psnr, **changes):
    values = {"sfm": sfm, "nfm": nfm, "bfm": bfm, "psnr": psnr}
    scores = {
        key: Score(key, value, "needs a mask" if math.isnan(value) else "", {})
        for key, value in values.items()
    }
    return ScoreRow(name, scores, {}, **changes)


@pytest.fixture
def model():
    rows = [
        row("a", 0.9, 0.2, 2.0, 30.0),
        row("b", 0.8, 0.1, 0.7, math.inf),
        row("c", 0.9, math.nan, 0.1, 20.0),
    ]
    return MetricTableModel(rows, SPECS, palette_of_theme("dark"))


def test_best_of_each_column_is_marked(model):
    best = {(r, c) for r in range(3) for c in range(4) if model.is_best(r, c)}
    assert best == {(0, 0), (2, 0), (1, 1), (1, 2), (1, 3)}
    assert model.data(model.index(1, 1)) == "★ 0.100"
    assert model.data(model.index(0, 1)) == "0.200"
    assert model.data(model.index(1, 3)) == "★ ∞"
    assert model.data(model.index(2, 1)) == "–"


def test_planes_compete_with_the_same_plane():
    rows = [
        row("a", 0.9, 0.1, 1, 1, plane=(0,)),
        row("a", 0.5, 0.5, 1, 1, is_mean=True),
        row("b", 0.8, 0.4, 1, 1, plane=(0,)),
        row("b", 0.6, 0.4, 1, 1, is_mean=True),
    ]
    table = MetricTableModel(rows, SPECS, palette_of_theme("dark"))
    assert [table.is_best(i, 0) for i in range(4)] == [True, False, False, True]
    titles = [table.headerData(i, Qt.Orientation.Vertical) for i in range(2)]
    assert titles == ["a · plane 0", "a · mean"]


def test_tooltips_define_the_metric(model):
    tooltip = Qt.ItemDataRole.ToolTipRole
    header = model.headerData(1, Qt.Orientation.Horizontal, tooltip)
    for part in ("NFM", "Sørensen", "0 to 1", "lower is better"):
        assert part in header
    assert model.data(model.index(2, 1), tooltip).endswith("needs a mask")
    assert model.headerData(3, Qt.Orientation.Horizontal) == "PSNR\ndB ↑"
    assert model.headerData(0, Qt.Orientation.Vertical) == "a"


def test_copy_keeps_full_precision(qtbot, model):
    window = MetricWindow(model, caption="against x", save=lambda _: None)
    qtbot.addWidget(window)
    window.copy()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0] == "image\tsfm\tnfm\tbfm\tpsnr"
    assert lines[2] == "b\t0.8\t0.1\t0.7\tinf"
    assert lines[3] == "c\t0.9\t\t0.1\t20.0"


def test_save_says_where_or_why_not(qtbot, model, tmp_path):
    saved = []
    window = MetricWindow(model, caption="", save=saved.append)
    qtbot.addWidget(window)
    window.save_to(tmp_path / "numbers")
    assert saved == [tmp_path / "numbers.csv"]
    assert "numbers.csv" in window.note.text()

    def fail(_):
        raise PermissionError(13, "Permission denied")

    window._save = fail
    window.save_to(tmp_path / "x.csv")
    assert window.note.text() == "Could not save x.csv: Permission denied."
