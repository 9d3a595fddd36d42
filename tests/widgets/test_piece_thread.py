"""One step at a time on a thread that goes when idle, and nobody called back after the end."""

from __future__ import annotations

import threading

import pytest

from napari_fidelity.widgets import piece_thread
from napari_fidelity.widgets.piece_thread import PieceThread


@pytest.fixture
def told():
    return []


def test_answers_and_failures_come_to_the_main_thread(qtbot, told):
    thread = PieceThread()
    main = threading.get_ident()

    def note(found):
        told.append((found, threading.get_ident() == main))

    thread.run(threading.get_ident, note, pytest.fail)
    qtbot.waitUntil(lambda: bool(told), timeout=3000)
    assert told[0][0] != main
    assert told[0][1]
    thread.run(lambda: 1 // 0, pytest.fail, note)
    qtbot.waitUntil(lambda: len(told) == 2, timeout=3000)
    assert isinstance(told[1][0], ZeroDivisionError)
    assert told[1][1]
    thread.close()


def test_a_second_step_is_refused_and_a_closed_thread_calls_nobody(qtbot, told):
    thread, gate = PieceThread(), threading.Event()
    ended = []
    thread.destroyed.connect(lambda: ended.append(1))
    thread.run(lambda: gate.wait(5), told.append, told.append)
    with pytest.raises(RuntimeError, match="one step at a time"):
        thread.run(int, told.append, told.append)
    thread.close()
    gate.set()
    qtbot.waitUntil(lambda: bool(ended), timeout=3000)
    assert told == []


def test_the_thread_goes_when_idle_and_comes_back(qtbot, told, monkeypatch):
    monkeypatch.setattr(piece_thread, "IDLE_MS", 30)
    thread = PieceThread()
    for count in (1, 2):
        thread.run(int, told.append, pytest.fail)
        assert not thread.is_idle
        qtbot.waitUntil(lambda: thread.is_idle, timeout=3000)
        assert len(told) == count
    thread.close()
