"""Calls in turns: the fewest seconds of each, within a limit."""

from napari_fidelity.app.benchmark import timing


def test_the_fewest_seconds_count(monkeypatch):
    # the start; then start and end of each call; the time before each further turn
    ticks = iter([0, 0, 5, 5, 6, 6, 6, 9, 9, 20])
    monkeypatch.setattr(timing, "perf_counter", lambda: next(ticks))
    answers = iter("abcd")
    result = timing.time_in_turns([lambda: next(answers)] * 2, repeats=2)
    assert result == [(3, "c"), (1, "d")]


def test_no_turn_begins_after_the_limit(monkeypatch):
    calls = []
    ticks = iter(range(100))
    monkeypatch.setattr(timing, "perf_counter", lambda: next(ticks))
    timing.time_in_turns([lambda: calls.append(1)], repeats=50, limit_s=8)
    assert len(calls) == 3  # three ticks a turn
