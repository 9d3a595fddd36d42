"""Runs that are resumed: after a stop, after kills, from damaged checkpoints, on a full disk."""

import errno
import subprocess
import sys

import pytest
import torch

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.training import checkpoints
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import new_status, write_status
from napari_fidelity.training.train import train
from tests.training.killing import assert_equal, read_everything
from tests.training.tiny_method import write_pairs

METHOD = {"two_phases": True, "norm": "batch", "dropout": 0.1, "schedule": "plateau"}


def stop_at(step):
    """Progress that stops a run at a step, or not much later: it is told now and then."""

    def stop(done, total, text):
        if text.endswith("step") and done >= step:
            raise Cancelled

    return Progress(stop)


@pytest.fixture
def told_at_every_step(monkeypatch):
    monkeypatch.setattr("napari_fidelity.training.stopping.TOLD_INTERVAL_S", 0.0)


def test_a_run_stopped_twice_equals_one_that_went_through(tmp_path, configure, told_at_every_step):
    config = configure(METHOD, keep_every=4)
    train(config, tmp_path / "whole")
    for step in (2, 7):
        result = train(config, tmp_path / "parts", resume=True, progress=stop_at(step))
        assert (result.state, result.step) == ("stopped", step)
    assert train(config, tmp_path / "parts", resume=True).state == "finished"
    whole, parts = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "parts")
    assert_equal(read_everything(whole), read_everything(parts))
    assert parts.read_status().seconds > 0


def test_a_finished_run_is_left_as_it_is(tmp_path, configure):
    config = configure(max_steps=2)
    first = train(config, tmp_path / "run")
    before = first.package.joinpath("manifest.json").stat().st_mtime_ns
    assert train(config, tmp_path / "run", resume=True) == first
    assert first.package.joinpath("manifest.json").stat().st_mtime_ns == before


def test_a_run_is_not_begun_twice(tmp_path, configure):
    train(configure(max_steps=2), tmp_path / "run")
    with pytest.raises(UserError, match="holds a run already: resume it"):
        train(configure(max_steps=2), tmp_path / "run")
    with pytest.raises(UserError, match=r"other settings \(run.seed differs\)"):
        train(configure(max_steps=3, seed=9), tmp_path / "run", resume=True)


@pytest.fixture
def stopped(tmp_path, configure, told_at_every_step):
    """A run stopped at step 7, its best checkpoint of step 5, one kept of step 4."""
    config = configure(keep_every=4)
    train(config, tmp_path / "run", progress=stop_at(7))
    return RunFolder(tmp_path / "run"), config


def test_other_images_than_at_the_beginning_are_refused(tmp_path, configure, told_at_every_step):
    folder = write_pairs(tmp_path / "images")
    config = configure(data={"folder": str(folder)})
    train(config, tmp_path / "run", progress=stop_at(5))
    table = (tmp_path / "run" / "data.csv").read_bytes()
    kept = (folder / "inputs" / "field3.tif").read_bytes()
    (folder / "inputs" / "field3.tif").write_bytes((folder / "inputs" / "field2.tif").read_bytes())
    with pytest.raises(UserError, match="images are no longer those that the run began with"):
        train(config, tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "data.csv").read_bytes() == table
    (folder / "inputs" / "field3.tif").write_bytes(kept)
    assert train(config, tmp_path / "run", resume=True).state == "finished"


def damage(path):
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 3, len(content) // 2):  # single ones may fill gaps
        content[place] ^= 1
    path.write_bytes(content)


def test_a_damaged_checkpoint_gives_way_to_the_next(stopped):
    run, config = stopped
    damage(run.checkpoints / "last.pt")
    assert train(config, run.path, resume=True).step == 12
    assert "last.pt cannot be read: going on from best.pt" in run.log.read_text()
    steps = [row["step"] for row in run.read_metrics()[0] if "loss_main" in row]
    assert steps == [3, 6, 9, 12]


def test_a_flipped_bit_and_a_torn_file_are_both_noticed(stopped):
    run, config = stopped
    damage(run.checkpoints / "last.pt")
    best = run.checkpoints / "best.pt"
    best.write_bytes(best.read_bytes()[:500])
    train(config, run.path, resume=True)
    assert "last.pt cannot be read: going on from step_0000004.pt" in run.log.read_text()


def test_no_checkpoint_that_can_be_read_is_said(stopped):
    run, config = stopped
    for path in run.checkpoints.iterdir():
        damage(path)
    with pytest.raises(UserError, match=r"No checkpoint in .* can be read \(last\.pt"):
        train(config, run.path, resume=True)
    assert run.read_status().state == "failed"


def test_checkpoints_of_other_networks_are_refused(stopped):
    run, config = stopped
    content = torch.load(run.checkpoints / "last.pt", weights_only=True)
    content["networks"]["main"].popitem()
    torch.save(content, run.checkpoints / "last.pt")
    with pytest.raises(UserError, match="does not fit this method's networks"):
        train(config, run.path, resume=True)


def test_a_full_disk_leaves_the_older_checkpoint(tmp_path, configure, monkeypatch):
    saved = []
    save = checkpoints._save

    def fill(content, path):
        saved.append(path)
        if len(saved) > 1:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        save(content, path)

    monkeypatch.setattr(checkpoints, "_save", fill)
    config = configure()
    with pytest.raises(UserError, match=r"best\.pt: the disk is full: free some space"):
        train(config, tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert run.read_status().state == "failed"
    assert [path.name for path in run.checkpoints.iterdir()] == ["last.pt"]
    monkeypatch.setattr(checkpoints, "_save", save)
    assert train(config, run.path, resume=True).step == 12
    rows = [("loss_main" in row, row["step"]) for row in run.read_metrics()[0]]
    assert sorted(rows) == [
        (False, 5),
        (False, 10),
        (False, 12),
        *((True, k) for k in (3, 6, 9, 12)),
    ]


def test_a_run_that_another_process_works_on_is_refused(stopped, monkeypatch):
    run, config = stopped
    write_status(run.status, new_status(state="running", pid=1))
    with pytest.raises(UserError, match="worked on by process 1"):
        train(config, run.path, resume=True)


def test_a_run_is_resumed_from_its_folder_alone(stopped, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    found = RunFolder.open("run").read_config()
    assert isinstance(found, TrainConfig)
    assert train(found, "run", resume=True).state == "finished"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork")
def test_a_run_killed_at_random_moments_equals_one_that_was_not(tmp_path, repository):
    words = [sys.executable, "-W", "error", "-m", "tests.training.killing", tmp_path, "4", "7"]
    done = subprocess.run(
        [str(word) for word in words], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("killed at")[1].strip() != "[]"
