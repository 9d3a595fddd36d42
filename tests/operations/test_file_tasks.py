"""Work on many files in processes."""

import os
import time

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.operations.file_tasks import DIED, Task, run_tasks


def work(content, progress):
    if content == "refuse":
        raise UserError("It is refused.")
    if content == "break":
        raise ZeroDivisionError("by zero")
    if content == "die":
        os._exit(9)
    while content == "wait":
        progress.check()
        time.sleep(0.01)


def make_tasks(*contents):
    return [Task(f"{number} {content}", content) for number, content in enumerate(contents)]


def test_one_worker_goes_on_after_failures():
    told = []
    failures = run_tasks(
        work,
        make_tasks("refuse", "fine", "break"),
        workers=1,
        progress=Progress(lambda done, total, text: told.append((done, total, text))),
    )
    assert [failure.name for failure in failures] == ["0 refuse", "2 break"]
    assert failures[0].reason == "It is refused."
    assert "ZeroDivisionError: by zero" in failures[1].reason
    assert told == [(1, 3, "0 refuse"), (2, 3, "1 fine"), (3, 3, "2 break")]


def test_a_process_that_dies_fails_its_own_task_alone():
    noted = []
    failures = run_tasks(
        work,
        make_tasks("fine", "die", "fine", "refuse"),
        workers=2,
        progress=Progress(),
        on_failure=noted.append,
    )
    assert [(failure.name, failure.reason) for failure in failures] == [
        ("1 die", DIED),
        ("3 refuse", "It is refused."),
    ]
    assert {failure.name for failure in noted} == {"1 die", "3 refuse"}


@pytest.mark.parametrize("workers", [1, 2])
def test_cancel_ends_running_work(workers):
    end = time.monotonic() + 0.5
    with pytest.raises(Cancelled):
        run_tasks(
            work,
            make_tasks("wait", "wait", "wait"),
            workers=workers,
            progress=Progress(is_cancelled=lambda: time.monotonic() > end),
        )
