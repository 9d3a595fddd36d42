"""`study`: its help, and sentences for what cannot be."""

from __future__ import annotations


def test_help_lists_the_studies(run):
    outcome = run("study", "--help")
    assert outcome.code == 0
    assert "classical-restoration:" in outcome.out


def test_mistakes_are_sentences(refuse, tmp_path):
    assert "There is no study 'nothing'" in refuse(
        "study", "nothing", "--data", tmp_path, "--out", tmp_path
    )
    assert "name that of the images with --data" in refuse(
        "study", "classical-restoration", "--data", tmp_path / "none", "--out", tmp_path
    )
