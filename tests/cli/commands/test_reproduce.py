"""`reproduce`: both papers at the smallest scale, and sentences for what cannot be."""

from __future__ import annotations

import pytest


def test_help_lists_the_papers(run):
    outcome = run("reproduce", "--help")
    assert outcome.code == 0
    assert "000: " in outcome.out
    assert "001: " in outcome.out


def test_mistakes_are_sentences(refuse, tmp_path):
    assert "There is no paper 'nothing'" in refuse("reproduce", "nothing", "--out", tmp_path)
    assert "name their folder with --data" in refuse("reproduce", "000", "--out", tmp_path)
    assert "There is no folder" in refuse(
        "reproduce", "001", "--out", tmp_path, "--data", tmp_path / "none"
    )
    assert "--minutes must be more than 0" in refuse(
        "reproduce", "001", "--scale", "smoke", "--out", tmp_path, "--minutes", "0"
    )
    assert "no generator 'nobody'" in refuse(
        "reproduce", "000", "--scale", "smoke", "--out", tmp_path, "--only", "nobody"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("paper", "said"), [("000", "SFM: CycleGAN better than pix2pix"), ("001", "Coverage of the")]
)
def test_smoke_runs_and_goes_on_from_what_is_there(run, tmp_path, paper, said):
    words = ("reproduce", paper, "--scale", "smoke", "--out", tmp_path, "--minutes", "0.005")
    outcome = run(*words)
    assert outcome.code == 0, outcome.err
    report = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert said in report
    assert "Smoke: simulated images" in report
    written = outcome.out.split()
    assert all((tmp_path / name).is_file() for name in written)
    runs = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/*/metrics.jsonl")}
    assert run(*words).code == 0
    assert runs == {path: path.stat().st_mtime_ns for path in runs}
