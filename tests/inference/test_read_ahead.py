"""Reading ahead and writing behind keep the order, the errors and the memory in bounds."""

from __future__ import annotations

import threading

import pytest

from napari_fidelity.inference.read_ahead import AHEAD, ReadAhead, WriteBehind


def test_every_step_gets_what_was_read_for_it():
    steps, threads = [object() for _ in range(9)], set()

    def read(step):
        threads.add(threading.get_ident())
        return id(step)

    with ReadAhead(read, steps) as ahead:
        assert [ahead(step) for step in steps] == [id(step) for step in steps]
        assert ahead(steps[0]) == id(steps[0])
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_no_more_is_read_than_asked_for_and_a_little():
    seen = []
    with ReadAhead(seen.append, list(range(100, 120))) as ahead:
        ahead(100)
        ahead(101)
    assert len(seen) <= 2 + AHEAD


def test_the_error_of_a_step_is_raised_for_that_step():
    def read(step):
        if step == 12:
            raise ValueError("twelve")
        return step

    with ReadAhead(read, [11, 12, 13]) as ahead:
        assert ahead(11) == 11
        with pytest.raises(ValueError, match="twelve"):
            ahead(12)
        assert ahead(13) == 13


def test_writes_keep_their_order_and_wait_for_each_other():
    written, gate = [], threading.Event()
    with WriteBehind() as behind:
        behind.submit(gate.wait)
        for number in range(AHEAD):
            behind.submit(lambda number=number: written.append(number))
        assert written == []
        gate.set()
        for number in range(AHEAD, 20):
            behind.submit(lambda number=number: written.append(number))
        behind.finish()
    assert written == list(range(20))


def test_the_error_of_a_write_is_raised_at_the_latest_at_the_end():
    def fail():
        raise OSError("full")

    with WriteBehind() as behind:
        behind.submit(fail)
        with pytest.raises(OSError, match="full"):
            behind.finish()
