"""Cancel does not wait for a call that cannot be stopped."""

from __future__ import annotations

import threading

import pytest

from napari_fidelity.core.progress import Cancelled
from napari_fidelity.inference.polled_call import call_polled


def test_values_and_errors_are_handed_on():
    assert call_polled(threading.get_ident, lambda: None) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        call_polled(lambda: 1 / 0, lambda: None)


def test_cancel_leaves_the_call_alone():
    gate, ended, polls = threading.Event(), threading.Event(), []

    def work():
        gate.wait(60)
        ended.set()

    def poll():
        polls.append(1)
        if len(polls) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        call_polled(work, poll)
    assert not ended.is_set()
    gate.set()
    assert ended.wait(60)
