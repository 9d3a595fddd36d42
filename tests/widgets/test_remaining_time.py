"""The remaining time, under a clock that the test moves."""

import pytest

from napari_fidelity.widgets.remaining_time import RemainingTime, spell_remaining


class Run:
    """A computation whose steps take what the test says."""

    def __init__(self, total):
        self.now, self.done, self.total = 0.0, 0, total
        self.remaining = RemainingTime(lambda: self.now)
        self.remaining.note(0, total)

    def step(self, seconds, count=1):
        self.now += seconds
        self.done += count
        self.remaining.note(self.done, self.total)

    @property
    def left(self):
        return self.remaining.seconds()


def test_nothing_is_said_before_two_steps_and_two_seconds():
    run = Run(100)
    assert run.left is None
    run.step(5.0)
    assert run.left is None  # one interval tells nothing: it held the warming up
    quick = Run(100)
    for _ in range(10):
        quick.step(0.1)
    assert quick.left is None
    for _ in range(10):
        quick.step(0.1)
    assert quick.left == pytest.approx(8.0)


def test_a_steady_pace_counts_down_by_the_clock():
    run = Run(64)
    for _ in range(12):
        run.step(0.5)
    assert run.left == pytest.approx(26.0)
    run.now += 0.4
    assert run.left == pytest.approx(25.6)


def test_a_slow_first_step_is_forgotten():
    run = Run(11)
    run.step(30.0)
    run.step(1.0)
    run.step(1.0)
    assert run.left == pytest.approx(8.0)


def test_small_differences_do_not_make_it_jump():
    run = Run(60)
    for _ in range(10):
        run.step(1.0)
    before = run.left
    for seconds in (1.1, 0.9, 1.08, 0.95):
        run.step(seconds)
        before -= seconds
        assert run.left == pytest.approx(before)


def test_a_lasting_change_of_pace_is_followed():
    run = Run(100)
    for _ in range(10):
        run.step(1.0)
    for _ in range(40):
        run.step(3.0)
    assert run.left == pytest.approx(150, rel=0.15)


def test_a_step_that_hangs_stops_the_countdown_at_what_comes_after_it():
    run = Run(10)
    for _ in range(6):
        run.step(1.0)
    run.now += 100
    assert run.left == pytest.approx(3.0)


def test_batches_of_tiles_count_as_tiles():
    run = Run(64)
    for _ in range(4):
        run.step(2.0, count=8)
    assert run.left == pytest.approx(8.0)


def test_another_total_is_another_phase():
    run = Run(3)
    for _ in range(3):
        run.step(2.0)
    assert run.left is None  # this phase is over: the next is unknown
    run.total, run.done = 20, 0
    run.remaining.note(0, 20)
    assert run.left is None
    for _ in range(4):
        run.step(1.0)
    assert run.left == pytest.approx(16.0)


def test_an_unknown_total_and_a_report_without_a_step_say_nothing():
    run = Run(0)
    for _ in range(9):
        run.step(1.0)
    assert run.left is None
    still = Run(10)
    for _ in range(9):
        still.step(1.0, count=0)
    assert still.left is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "almost done"),
        (0.5, "1 s left"),
        (20.0, "20 s left"),
        (20.1, "25 s left"),
        (60.0, "60 s left"),
        (60.1, "2 min left"),
        (3540.0, "59 min left"),
        (3541.0, "1 h left"),
        (7201.0, "2 h 10 min left"),
    ],
)
def test_words(seconds, words):
    assert spell_remaining(seconds) == words
