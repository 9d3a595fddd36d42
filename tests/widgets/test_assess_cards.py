"""Words and colours of the bars, held against the verdicts that metrics give."""

import math
from itertools import product

import pytest

from napari_fidelity.metrics.measure import Score
from napari_fidelity.metrics.tables import ScoreRow
from napari_fidelity.metrics.verdicts import describe_scores
from napari_fidelity.widgets.assess_cards import GRADES, make_card


def row(sfm=0.9, nfm=0.05, bfm=1.0, bfm_sigma=1.0, bfm_background=1.0, reason="", warning=""):
    beside = {"baseline_blurred": 0.5, "floor": 0.05}
    values = {
        "sfm": sfm,
        "nfm": nfm,
        "bfm": bfm,
        "bfm_sigma": bfm_sigma,
        "bfm_background": bfm_background,
    }
    details = {**beside, **({"warning": warning} if warning else {})}
    scores = {
        key: Score(key, value, reason if math.isnan(value) else "", {}, details)
        for key, value in values.items()
    }
    return ScoreRow(
        "cells",
        scores,
        {},
        baselines={"blurred": 0.5},
        nfm_floor=0.05,
        verdicts=describe_scores(scores),
    )


def words(**values):
    return {bar.title: (bar.words, bar.grade) for bar in make_card([row(**values)]).bars}


def test_every_verdict_has_a_grade():
    said = set()
    for sfm, nfm, sigma, background in product(
        (0.9, 0.6, 0.5), (0.05, 0.2, 0.9), (0.1, 1.0, 3.0), (0.1, 1.0, 3.0, math.nan)
    ):
        scores = row(sfm=sfm, nfm=nfm, bfm_sigma=sigma, bfm_background=background)
        said |= set(scores.verdicts.values())
    assert said == set(GRADES)


@pytest.mark.parametrize(
    ("values", "bar", "expected"),
    [
        ({}, "Signal", ("faithful", "good")),
        ({"sfm": 0.6}, "Signal", ("partly right", "fair")),
        ({"sfm": 0.5}, "Signal", ("no better than the mask", "poor")),
        ({}, "Noise", ("faithful", "good")),
        ({"nfm": 0.9}, "Noise", ("differs", "poor")),
        ({"nfm": 0.9, "bfm_background": 0.1}, "Noise", ("too smooth", "poor")),
        ({"nfm": 0.2, "bfm_background": 3}, "Noise", ("close, but too grainy", "fair")),
        ({"bfm_background": 0.1}, "Noise", ("faithful, but too smooth", "fair")),
        ({}, "Blur", ("right", "good")),
        ({"bfm_background": 0.1}, "Blur", ("right", "good")),
        ({"bfm_background": math.nan}, "Blur", ("right", "good")),
        ({"bfm_sigma": 0.1}, "Blur", ("too blurred", "poor")),
        ({"bfm_sigma": 3}, "Blur", ("too sharp", "poor")),
        ({"bfm": 2.4}, "Blur", ("right, grain too strong", "fair")),
        ({"bfm": 0.3}, "Blur", ("right, grain too weak", "fair")),
    ],
)
def test_words_and_grades(values, bar, expected):
    assert words(**values)[bar] == expected


def test_signal_faithful_background_too_smooth_blur_right():
    card = make_card([row(nfm=0.9, bfm_background=0.1)])
    assert card.verdict == "Signal faithful, noise too smooth, blur right."


def test_without_a_number_the_reason_stands_there():
    found = words(sfm=math.nan, nfm=math.nan, bfm_background=math.nan, reason="needs a mask")
    assert found["Signal"] == ("needs a mask", "none")
    assert found["Noise"] == ("needs a mask", "none")
    assert found["Blur"] == ("right", "good")


def test_warnings_are_sentences_said_once():
    card = make_card([row(warning="gain 2 is outside 0.8–1.25")])
    assert card.warnings == ("Gain 2 is outside 0.8–1.25.",)


def test_blur_marks_its_parts():
    blur = make_card([row(bfm_sigma=0.9, bfm_background=0.4)]).bars[2]
    assert [(mark.words, mark.value) for mark in blur.marks] == [
        ("structures", 0.9),
        ("background", 0.4),
    ]
