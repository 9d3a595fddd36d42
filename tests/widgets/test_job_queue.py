"""Long jobs run one after the other, short ones beside them; a waiting one can be cancelled."""

from __future__ import annotations

import threading

import pytest
from qtpy.QtCore import QThreadPool
from qtpy.QtWidgets import QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.job_dock import JobDock
from napari_fidelity.widgets.jobs import start_job


class Held:
    """A computation that begins, then waits until it is let go."""

    def __init__(self, name, log):
        self.name, self.log, self.gate = name, log, threading.Event()

    def __call__(self, progress):
        self.log.append(f"{self.name} began")
        while not self.gate.wait(0.002):
            progress(0, 0, "waiting at the gate")
        self.log.append(f"{self.name} ended")
        return self.name


@pytest.fixture
def log():
    return []


@pytest.fixture
def hold(log):
    """Function that starts a held job and gives it with its gate."""
    made = []

    def start(name, **keywords):
        held = Held(name, log)
        job = start_job(held, text=name, **keywords)
        made.append((job, held))
        return job, held.gate

    yield start
    for job, held in made:
        job.abandon()
        held.gate.set()


def wait_for_end(qtbot, *jobs):
    qtbot.waitUntil(lambda: not any(job.is_running for job in jobs), timeout=5000)


def test_long_jobs_run_in_the_order_of_their_start(qtbot, hold, log):
    jobs, gates = zip(*[hold(name) for name in ("first", "second", "third")], strict=True)
    qtbot.waitUntil(lambda: log == ["first began"], timeout=5000)
    qtbot.wait(30)
    assert [job.waiting_words() for job in jobs] == [
        "",
        "waiting for “first”",
        "waiting for “first” and 1 more",
    ]
    gates[2].set()
    gates[0].set()
    qtbot.waitUntil(lambda: log[-1] == "second began", timeout=5000)
    assert jobs[2].waiting_words() == "waiting for “second”"
    gates[1].set()
    wait_for_end(qtbot, *jobs)
    assert log == [f"{n} {what}" for n in ("first", "second", "third") for what in BEGAN_ENDED]


BEGAN_ENDED = ("began", "ended")


def test_a_short_job_does_not_wait(qtbot, hold, log):
    long, gate = hold("long")
    short = start_job(lambda _progress: log.append("short"), text="Save", queued=False)
    wait_for_end(qtbot, short)
    assert "short" in log
    assert long.is_running
    gate.set()
    wait_for_end(qtbot, long)


def test_cancel_takes_a_waiting_job_out(qtbot, hold, log):
    said = []
    first, gate = hold("first")
    second, _ = hold("second", on_cancelled=lambda: said.append("cancelled"))
    third, last_gate = hold("third")
    second.cancel()
    wait_for_end(qtbot, second)
    assert said == ["cancelled"]
    assert first.is_running
    assert third.waiting_words() == "waiting for “first”"
    gate.set()
    last_gate.set()
    wait_for_end(qtbot, first, third)
    assert "second began" not in log


def test_a_waiting_job_whose_dock_is_gone_never_begins(qtbot, hold, log):
    first, gate = hold("first")
    owner = QWidget()
    second, _ = hold("second", owner=owner)
    owner.deleteLater()
    wait_for_end(qtbot, second)
    gate.set()
    wait_for_end(qtbot, first)
    assert log == ["first began", "first ended"]


def test_a_job_stops_when_its_dock_is_deleted(qtbot, hold):
    owner = QWidget()
    job, _ = hold("first", owner=owner)
    owner.deleteLater()
    wait_for_end(qtbot, job)


def test_a_failure_lets_the_next_one_run(qtbot, hold, log):
    def fail(_progress):
        raise UserError("No.")

    failing = start_job(fail, text="Fail")
    second, gate = hold("second")
    gate.set()
    wait_for_end(qtbot, failing, second)
    assert log == ["second began", "second ended"]


def test_the_activity_dock_shows_what_waits_and_its_cancel_works(make_napari_viewer, qtbot, hold):
    viewer = make_napari_viewer()
    first, gate = hold("first")
    second, _ = hold("second")
    qtbot.waitUntil(lambda: second._bar is not None, timeout=5000)
    (shown,) = [
        widget
        for widget in viewer.window._qt_window._activity_dialog.findChildren(QWidget)
        if getattr(widget, "progress", None) is second._bar
    ]
    assert shown.eta_label.text().strip() == "waiting for “first”"
    shown.cancel_button.click()
    wait_for_end(qtbot, second)
    assert first.is_running
    gate.set()
    wait_for_end(qtbot, first)


def test_a_quiet_job_is_unknown_to_napari(make_napari_viewer, qtbot, hold):
    viewer = make_napari_viewer()
    job, gate = hold("piece", queued=False, shown=False)
    qtbot.wait(30)
    tasks = viewer.window._task_status_manager
    assert (tasks.is_busy(), tasks._tasks, job._bar) == (False, {}, None)
    gate.set()
    wait_for_end(qtbot, job)
    assert QThreadPool.globalInstance().waitForDone(1000)


def test_an_idle_window_closes_without_a_question(make_napari_viewer, qtbot, hold):
    viewer = make_napari_viewer()
    tasks = viewer.window._task_status_manager
    job, gate = hold("Synthesize from cells")
    waiting, other_gate = hold("Assess")
    assert tasks.get_status() == [
        "napari-worker: “Synthesize from cells” (Fidelity) execution pending"
    ] or tasks.get_status() == ["napari-worker: Executing “Synthesize from cells” (Fidelity)"]
    gate.set()
    other_gate.set()
    wait_for_end(qtbot, job, waiting)
    assert tasks.get_status() == []


class Dock(JobDock):
    """The smallest dock: it computes what it is given."""

    def __init__(self, compute):
        super().__init__("Go")
        self._compute = compute

    def _update_state(self):
        self._update_run_button("Go")

    def start(self):
        return self._follow(
            start_job(
                self._compute,
                text="Go",
                owner=self,
                on_result=lambda result: self._on_end(str(result), "hint"),
                on_error=lambda sentence: self._on_end(sentence, "problem"),
                on_cancelled=lambda: self._on_end("Cancelled.", "hint"),
                on_progress=self._show_progress,
            )
        )


def test_a_dock_says_whom_it_waits_for_and_leaves_the_queue(qtbot, hold, log):
    first, gate = hold("first")
    held = Held("mine", log)
    dock = Dock(held)
    qtbot.addWidget(dock)
    dock.run_button.click()
    assert dock.words.text() == "Waiting for “first”…"
    assert dock.run_button.text() == "Cancel"
    dock.run_button.click()
    qtbot.waitUntil(lambda: dock.words.text() == "Cancelled.", timeout=5000)
    assert dock.run_button.text() == "Go"
    job = dock.start()
    gate.set()
    qtbot.waitUntil(lambda: log[-1] == "mine began", timeout=5000)
    qtbot.waitUntil(lambda: dock.words.text() == "Waiting at the gate…", timeout=5000)
    held.gate.set()
    wait_for_end(qtbot, first, job)
    assert dock.words.text() == "mine"


def test_the_remaining_time_stands_behind_the_line(qtbot, hold, monkeypatch):
    dock = Dock(Held("mine", []))
    qtbot.addWidget(dock)
    job = dock.start()
    monkeypatch.setattr(job, "remaining_s", lambda: 7.6)
    dock._show_progress(12, 64, "synthesizing tile 12 of 64")
    assert dock.words.text() == "Synthesizing tile 12 of 64 · 8 s left"
    monkeypatch.setattr(job, "remaining_s", lambda: 6.6)
    qtbot.waitUntil(lambda: dock.words.text().endswith("· 7 s left"), timeout=3000)
    job.cancel()
    wait_for_end(qtbot, job)


def test_a_bug_has_its_details_behind_a_link(qtbot, qapp):
    def fail(_progress):
        raise KeyError("scale")

    dock = Dock(fail)
    qtbot.addWidget(dock)
    job = dock.start()
    wait_for_end(qtbot, job)
    assert dock.words.text() == "“Go” failed (KeyError: 'scale')."
    assert "Details…" in dock.words.accessibleDescription()
    dock.words.linkActivated.emit("details")
    (window,) = [w for w in dock.children() if hasattr(w, "copy_button")]
    assert window.sentence.text() == dock.words.text()
    assert 'raise KeyError("scale")' in window.details.toPlainText()
    assert "napari-fidelity " in window.details.toPlainText()
    window.copy_button.click()
    assert "KeyError: 'scale'" in qapp.clipboard().text()
    window.close_button.click()
    assert not window.isVisible()


def test_a_cancelled_job_has_no_details(qtbot):
    dock = Dock(Held("mine", []))
    qtbot.addWidget(dock)
    job = dock.start()
    qtbot.waitUntil(lambda: dock.words.text() == "Waiting at the gate…", timeout=5000)
    dock.run_button.click()
    wait_for_end(qtbot, job)
    assert (dock.words.text(), dock.words.details) == ("Cancelled.", "")


def test_a_mistake_of_the_person_has_no_details(qtbot):
    def refuse(_progress):
        raise UserError("The mask is empty: paint something.")

    dock = Dock(refuse)
    qtbot.addWidget(dock)
    wait_for_end(qtbot, dock.start())
    assert dock.words.text() == "The mask is empty: paint something."
    assert dock.show_details() is None
