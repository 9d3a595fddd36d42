"""What a run takes is said before a long one, and only then."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from napari_fidelity.widgets.preflight_words import PreflightWords


@pytest.fixture
def asked():
    return []


@pytest.fixture
def words(qtbot, asked):
    def estimate(shape, params):
        asked.append((shape, params))
        seconds = {"quick": 1.0, "slow": 40.0, "unknown": None}[params]
        return SimpleNamespace(seconds=seconds, words="1.3 GB of memory and 40 s")

    words = PreflightWords(estimate)
    words._timer.setInterval(1)
    qtbot.addWidget(words)
    return words


LARGE = (4096, 4096)


def test_a_long_run_is_told_and_worked_out_once(words, asked, qtbot):
    for _ in range(2):
        words.ask(LARGE, "slow")
        qtbot.waitUntil(lambda: words.text() != "", timeout=3000)
        assert words.text() == "Takes 1.3 GB of memory and 40 s."
    assert asked == [(LARGE, "slow")]
    words.forget()
    assert words.text() == ""


@pytest.mark.parametrize("params", ["quick", "unknown"])
def test_nothing_is_said_of_a_short_run_or_where_nobody_knows(words, asked, qtbot, params):
    words.ask(LARGE, params)
    qtbot.waitUntil(lambda: bool(words._answers), timeout=3000)
    assert asked == [(LARGE, params)]
    assert words.text() == ""


def test_a_small_mask_is_not_worth_an_estimate(words, asked, qtbot):
    words.ask((512, 512), "slow")
    qtbot.wait(30)
    assert asked == []


def test_an_answer_that_comes_too_late_is_not_said(words, asked, qtbot):
    words.ask(LARGE, "slow")
    qtbot.waitUntil(lambda: bool(asked), timeout=3000)
    words.ask((4096, 4097), "quick")
    qtbot.waitUntil(lambda: len(words._answers) == 2, timeout=3000)
    assert words.text() == ""
