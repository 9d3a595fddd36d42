"""The folder of a run."""

import json
import os
import subprocess
import sys
import time

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.heartbeat import Heartbeat
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_log import RunLog
from napari_fidelity.training.run_status import RunStatus, has_process, new_status, write_status


@pytest.fixture
def run(tmp_path, configure):
    return RunFolder.create(tmp_path / "run", configure())


def test_what_was_created_is_found(run, configure):
    found = RunFolder.open(run.path, configure())
    assert found.read_config() == configure()
    status = found.read_status()
    assert (status.state, status.pid, status.total_steps) == ("preparing", os.getpid(), 12)


def test_no_run_and_a_damaged_one(tmp_path, run):
    with pytest.raises(UserError, match=r"holds no training run"):
        RunFolder.open(tmp_path)
    run.identity.write_text("{")
    with pytest.raises(UserError, match=r"run\.json is damaged"):
        RunFolder.open(run.path)


def test_another_version_is_refused(run):
    run.identity.write_text(json.dumps({"version": 7}))
    with pytest.raises(UserError, match="version 7; this software knows version 1"):
        RunFolder.open(run.path)


def test_other_settings_are_refused_by_name(run, configure):
    with pytest.raises(UserError, match=r"other settings \(method\.rate differs\)"):
        RunFolder.open(run.path, configure({"rate": 0.5}))
    with pytest.raises(UserError, match=r"run\.seed differs"):
        RunFolder.open(run.path, configure(seed=4))


def test_a_folder_of_other_files_is_refused(tmp_path, configure):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        RunFolder.create(tmp_path, configure())
    with pytest.raises(UserError, match="holds other files"):
        RunFolder.create(tmp_path / "notes.txt", configure())
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_run_that_never_began_is_replaced_and_one_with_steps_is_not(run, configure):
    write_status(run.status, new_status(state="failed", pid=0))
    RunFolder.create(run.path, configure(seed=5))
    assert run.read_config().run.seed == 5
    write_status(run.status, new_status(state="failed", step=3))
    with pytest.raises(UserError, match="holds a run already: resume it"):
        RunFolder.create(run.path, configure())
    (run.checkpoints / "last.pt").write_bytes(b"")
    write_status(run.status, new_status(state="failed"))
    with pytest.raises(UserError, match="holds a run already"):
        RunFolder.create(run.path, configure())


def test_a_folder_that_was_killed_while_it_became_a_run_is_taken(run, configure):
    run.identity.unlink()
    (run.path / ".abc.part").write_text("half")
    assert RunFolder.create(run.path, configure()).identity.exists()
    assert not [*run.path.glob(".*")]


def test_a_live_run_is_refused(run, configure):
    write_status(run.status, new_status(state="running", pid=os.getppid()))
    assert run.is_alive()
    with pytest.raises(UserError, match=f"worked on by process {os.getppid()}"):
        RunFolder.create(run.path, configure())
    write_status(run.status, new_status(state="running", pid=2**22 + 1))
    assert not run.is_alive()
    run.check_idle()


def test_a_silent_process_is_not_alive():
    now = new_status(state="running")
    assert now.is_live()
    assert not now.model_copy(update={"updated": time.time() - 100}).is_live()
    assert not now.model_copy(update={"state": "finished"}).is_live()
    assert now.model_copy(update={"host": "elsewhere", "pid": 1}).is_live()


def test_a_process_that_ended_is_none():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    deadline = time.monotonic() + 10
    while has_process(process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not has_process(process.pid)  # nobody has asked yet how it ended
    process.wait()
    assert not has_process(process.pid)


def test_a_status_that_cannot_be_read_is_the_last_one(run):
    write_status(run.status, new_status(step=5))
    assert run.read_status().step == 5
    run.status.write_text('{"state": "runn')
    assert run.read_status().step == 5
    run.status.unlink()
    assert run.read_status().step == 5
    assert RunFolder(run.path).read_status() == RunStatus()


def test_a_heartbeat_goes_on_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr("napari_fidelity.training.heartbeat.INTERVAL_S", 0.02)
    path = tmp_path / "status.json"
    with Heartbeat(path, new_status(total_steps=9)) as heart:
        first = json.loads(path.read_text())
        heart.tell(step=4)
        time.sleep(0.2)
        second = json.loads(path.read_text())
    assert (first["step"], second["step"]) == (0, 4)
    assert second["updated"] > first["updated"] >= second["started"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]


def test_rows_are_read_from_where_the_last_reading_ended(run):
    log = RunLog(run)
    assert run.read_metrics() == ([], 0)
    log.add_row({"step": 1, "loss": 0.5})
    rows, offset = run.read_metrics()
    assert rows == [{"step": 1, "loss": 0.5}]
    with run.metrics.open("ab") as file:
        file.write(b'{"step": 2, "lo')
    assert run.read_metrics(offset) == ([], offset)
    log.cut_rows(1, 1)
    log.add_row({"step": 2, "loss": float("nan"), "previews": {"a": {"psnr": float("inf")}}})
    rows, offset = run.read_metrics(offset)
    assert rows == [{"step": 2, "loss": None, "previews": {"a": {"psnr": None}}}]
    log.cut_rows(0, 0)
    assert run.read_metrics(offset) == ([], 0)


def test_rows_of_losses_and_of_validations_are_cut_apart(run):
    log = RunLog(run)
    for step in (3, 6, 9):
        log.add_row({"step": step, "loss": 1.0})
        log.add_row({"step": step, "previews": {}})
    log.cut_rows(6, 3)
    assert [(row["step"], "loss" in row) for row in run.read_metrics()[0]] == [
        (3, True),
        (3, False),
        (6, True),
    ]


def test_leftovers_of_a_killed_process_are_removed(run):
    (run.path / ".abc.part").write_text("half")
    (run.checkpoints / ".def.part").write_text("half")
    (run.previews / ".step_0000005.part").mkdir()
    (run.previews / ".step_0000005.part" / "a.tif").write_text("half")
    (run.path / ".model-x1" / "package").mkdir(parents=True)
    run.remove_leftovers()
    assert not [*run.path.rglob(".*")]
