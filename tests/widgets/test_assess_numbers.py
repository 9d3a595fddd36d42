"""The dock shows the numbers of `measure`, with their marks, definitions and file."""

import pytest

from napari_fidelity.metrics import MeasureSettings, measure
from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.metrics.tables import format_csv
from tests.widgets.assess_scene import bars_of, run


def test_numbers_are_those_of_measure(qtbot, scene, dock):
    assert dock.inputs.reference_choice.layer().name == "real"
    assert dock.inputs.mask_choice.layer().name == "nuclei"
    run(qtbot, dock)
    assert [frame.title.whole_text() for frame in dock.result.cards] == [
        "defocused",
        "other exposure",
    ]
    for name in ("defocused", "other exposure"):
        expected = measure(
            ["sfm", "nfm", "bfm"],
            test=scene.layers[name].data,
            reference=scene.layers["real"].data,
            mask=scene.layers["nuclei"].data,
        )
        bars = bars_of(dock, name)
        shown = [bars[title].value for title in ("Signal", "Noise", "Blur")]
        assert shown == [score.value for score in expected]
    assert bars_of(dock, "other exposure")["Signal"].words == "faithful"
    assert bars_of(dock, "defocused")["Blur"].words == "too blurred"
    assert bars_of(dock, "defocused")["Blur"].grade == "poor"


def test_settings_reach_the_numbers(qtbot, scene, dock):
    settings = {"margin_px": 2, "density": "histogram", "border": "zero", "data_range": 4095.0}
    dock.inputs.settings.set_values(settings)
    assessment = run(qtbot, dock)
    expected = measure(
        list(METRICS),
        test=scene.layers["defocused"].data,
        reference=scene.layers["real"].data,
        mask=scene.layers["nuclei"].data,
        settings=MeasureSettings(**settings),
    )
    scores = assessment.rows[0].scores
    assert {s.key: s.value for s in expected} == pytest.approx(
        {key: score.value for key, score in scores.items()}, nan_ok=True
    )
    table = dock.show_table()
    psnr = list(METRICS).index("psnr")
    assert table.model.text(0, psnr) == f"{scores['psnr'].value:.2f}"


def test_baselines_floor_and_definitions_are_on_the_bars(qtbot, dock):
    assessment = run(qtbot, dock)
    bars = bars_of(dock, "defocused")
    marked = [mark.value for mark in bars["Signal"].marks]
    assert marked == list(assessment.baselines.values())
    assert [mark.value for mark in bars["Noise"].marks] == [assessment.nfm_floor]
    assert "Two halves of the reference" in bars["Noise"].marks[0].tooltip
    for title, key in (("Signal", "sfm"), ("Noise", "nfm"), ("Blur", "bfm")):
        assert f"Range: {METRICS[key].range}" in bars[title].tooltip
        assert "Direction:" in bars[title].tooltip


def test_csv_is_that_of_the_command_line(qtbot, dock, tmp_path):
    assessment = run(qtbot, dock)
    window = dock.show_table()
    window.save_to(tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_text("utf-8") == format_csv(assessment.rows)
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
    window.save_to(tmp_path / "missing" / "scores.csv")
    assert "No such file" in window.note.text()
