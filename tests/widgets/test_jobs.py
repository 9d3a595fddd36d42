"""Jobs: each ends in exactly one callback on the main thread, and none outlives its owner."""

from __future__ import annotations

import functools
import gc
import threading
import traceback
import weakref

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.job_worker import QuietWorker
from napari_fidelity.widgets.jobs import is_alive, start_job


class Heard:
    """What the callbacks of a job said, and on which thread."""

    def __init__(self):
        self.said = []
        self.threads = set()

    def note(self, kind):
        def callback(*arguments):
            self.threads.add(threading.get_ident())
            self.said.append((kind, *arguments))

        return callback

    def callbacks(self):
        return {f"on_{kind}": self.note(kind) for kind in ("result", "error", "cancelled")}


def wait_for_end(qtbot, job):
    with qtbot.waitSignal(job.finished, timeout=5000):
        pass
    assert not job.is_running


def count_forever(progress):
    step = 0
    while True:
        progress(step, 0, "step")
        step += 1
        threading.Event().wait(0.001)


def test_result_and_progress_arrive_on_the_main_thread(qtbot):
    heard, seen, worker = Heard(), [], []

    def compute(progress):
        worker.append(threading.get_ident())
        for step in range(3):
            progress(step, 3, "step")
        return 42

    hear = lambda *state: seen.append(state)  # noqa: E731
    job = start_job(compute, text="Count", on_progress=hear, **heard.callbacks())
    wait_for_end(qtbot, job)
    assert heard.said == [("result", 42)]
    assert heard.threads == {threading.get_ident()}
    assert worker[0] != threading.get_ident()
    assert all(state in [(0, 3, "step"), (1, 3, "step"), (2, 3, "step")] for state in seen)


def test_cancel_ends_an_endless_computation(qtbot):
    heard = Heard()
    job = start_job(count_forever, text="Count", **heard.callbacks())
    job.cancel()
    wait_for_end(qtbot, job)
    assert heard.said == [("cancelled",)]


def test_a_result_that_comes_after_cancel_is_dropped(qtbot):
    heard, gate = Heard(), threading.Event()
    job = start_job(lambda _progress: gate.wait(5), text="Wait", **heard.callbacks())
    job.cancel()
    gate.set()
    wait_for_end(qtbot, job)
    assert heard.said == [("cancelled",)]


def test_user_error_is_told_as_it_is_without_a_notification(qtbot):
    heard, before = Heard(), len(notification_manager.records)

    def fail(_progress):
        raise UserError("The mask is empty: paint something.")

    wait_for_end(qtbot, start_job(fail, text="Fail", **heard.callbacks()))
    assert heard.said == [("error", "The mask is empty: paint something.")]
    assert len(notification_manager.records) == before


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (KeyError("scale"), "“Fail” failed (KeyError: 'scale')"),
        # napari's own generator worker swallows RuntimeError and never finishes
        (RuntimeError("odd"), "“Fail” failed (RuntimeError: odd)"),
        (RuntimeError("CUDA out of memory. Tried…"), "“Fail” ran out of memory"),
    ],
)
def test_a_bug_gives_a_sentence_and_a_notification_with_the_traceback(qtbot, failure, words):
    heard, before = Heard(), len(notification_manager.records)

    def fail(_progress):
        raise failure

    wait_for_end(qtbot, start_job(fail, text="Fail", **heard.callbacks()))
    ((kind, sentence),) = heard.said
    assert kind == "error"
    assert sentence.startswith(words)
    assert notification_manager.records[before].exception is failure


def test_a_job_stops_and_nobody_is_called_after_the_owner_is_deleted(qtbot):
    heard, owner = Heard(), QWidget()
    job = start_job(count_forever, text="Count", owner=owner, **heard.callbacks())
    qtbot.wait(20)
    owner.deleteLater()
    wait_for_end(qtbot, job)
    assert heard.said == []


def test_abandon_stops_and_calls_nobody(qtbot):
    heard = Heard()
    job = start_job(count_forever, text="Count", **heard.callbacks())
    job.abandon()
    wait_for_end(qtbot, job)
    assert heard.said == []


def test_fast_progress_with_the_activity_dock_does_not_nest(make_napari_viewer, qtbot):
    make_napari_viewer()
    depths, enough = [], threading.Event()

    def hear(*_state):
        depths.append(sum(1 for _ in traceback.walk_stack(None)))  # quick, unlike inspect.stack
        if len(depths) == 40:
            enough.set()

    def compute(progress):
        step = 0
        while not enough.is_set():
            progress(step, 10**6, "step")
            step += 1
        return "done"

    heard = Heard()
    job = start_job(compute, text="Count", on_progress=hear, **heard.callbacks())
    wait_for_end(qtbot, job)
    assert heard.said == [("result", "done")]
    assert max(depths) - min(depths) < 20


def test_napari_names_the_task_in_words_and_forgets_it(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    tasks = viewer.window._task_status_manager
    job = start_job(count_forever, text="Synthesize from cells")
    (line,) = tasks.get_status()
    assert "“Synthesize from cells” (Fidelity)" in line
    assert "object at 0x" not in line
    job.cancel()
    wait_for_end(qtbot, job)
    assert not tasks.is_busy()


def test_cancel_in_the_activity_dock_stops_the_job(make_napari_viewer, qtbot):
    make_napari_viewer()
    heard = Heard()
    job = start_job(count_forever, text="Count", **heard.callbacks())
    qtbot.waitUntil(lambda: job._bar is not None, timeout=5000)
    job._bar.cancel()
    wait_for_end(qtbot, job)
    assert heard.said == [("cancelled",)]


def test_a_finished_job_lets_go_of_what_it_computed_and_called(make_napari_viewer, qtbot):
    # napari keeps each worker, and through it the job, for as long as the window lives
    make_napari_viewer()
    pixels, callbacks = np.zeros(3), Heard()
    compute = functools.partial(return_it, pixels)
    job = start_job(compute, text="Return", on_cancelled=callbacks.note("cancelled"))
    wait_for_end(qtbot, job)
    kept = weakref.ref(pixels), weakref.ref(callbacks)
    del pixels, callbacks, compute
    gc.collect()
    assert [ref() for ref in kept] == [None, None]


def return_it(thing, progress):
    progress(0, 0, "returning")
    return thing


def test_a_quiet_worker_may_end_after_the_program(qtbot):
    steps = []
    worker = QuietWorker("look", lambda: (steps.append(step) for step in range(3)), steps.clear)
    signals = worker._signals
    signals.deleteLater()
    qtbot.waitUntil(lambda: not is_alive(signals))
    worker.run()  # an error here would abort the process
    assert steps == [0, 1, 2]
