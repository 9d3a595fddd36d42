"""Runs that go on longer than they were begun with."""

import json

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.training.config import FREE_ON_RESUME, RunSettings
from napari_fidelity.training.lengthening import is_over
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import RunStatus
from napari_fidelity.training.train import train
from tests.training.killing import assert_equal, read_everything

STEADY = {"schedule": "constant"}


def test_a_finished_run_that_goes_on_equals_a_long_one(tmp_path, configure):
    long = configure(STEADY, max_steps=10)
    train(long, tmp_path / "long")
    train(configure(STEADY, max_steps=5), tmp_path / "run")
    result = train(long, tmp_path / "run", resume=True)
    assert (result.state, result.step) == ("finished", 10)
    run = RunFolder(tmp_path / "run")
    assert_equal(read_everything(RunFolder(tmp_path / "long")), read_everything(run))
    assert run.read_config().steps == 10
    assert run.read_identity()["config_sha256"] == run.read_config().sha256()
    assert "Going on from step 5 with max_steps 10 instead of 5." in run.log.read_text()
    assert json.loads((run.package / "manifest.json").read_text())  # packed anew


def test_a_falling_rate_follows_the_new_length(tmp_path, configure):
    train(configure(max_steps=6), tmp_path / "run")
    train(configure(max_steps=12), tmp_path / "run", resume=True)
    run = RunFolder(tmp_path / "run")
    rates = {row["step"]: row["rate_main"] for row in run.read_metrics()[0] if "rate_main" in row}
    assert rates[9] == pytest.approx(0.01 * 2 * (1 - 8 / 12))
    assert rates[6] < rates[9]
    assert "such as a falling rate, follows the new one" in run.log.read_text()


def test_more_time_lets_a_run_go_on(tmp_path, configure):
    first = train(configure(max_steps=6, max_minutes=1e-9), tmp_path / "run")
    assert first.state == "finished"
    assert first.step < 6
    again = train(configure(max_steps=6, max_minutes=1e-9), tmp_path / "run", resume=True)
    assert again.step == first.step
    assert train(configure(max_steps=6, max_minutes=5), tmp_path / "run", resume=True).step == 6


def test_a_run_is_not_shortened_below_what_it_did(tmp_path, configure):
    train(configure(max_steps=4), tmp_path / "run")
    before = (tmp_path / "run" / "config.yaml").read_bytes()
    with pytest.raises(UserError, match="made 4 steps already: give as many or more, not 3"):
        train(configure(max_steps=3), tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "config.yaml").read_bytes() == before


def test_a_run_killed_after_its_settings_changed_still_goes_on(configure):
    found = RunStatus(state="finished", step=4, seconds=30.0)
    assert is_over(found, configure(max_steps=4))
    assert not is_over(found, configure(max_steps=8))
    assert is_over(found, configure(max_steps=8, max_minutes=0.5))
    assert not is_over(found.model_copy(update={"state": "stopped"}), configure(max_steps=4))


def test_a_run_that_states_the_whole_hash_alone_goes_on_too(tmp_path, configure):
    run = RunFolder.create(tmp_path / "run", configure())
    identity = run.read_identity()
    del identity["fixed_sha256"]
    run.identity.write_text(json.dumps(identity))
    assert RunFolder.open(run.path, configure(max_steps=99, keep_every=3))
    with pytest.raises(UserError, match=r"method\.rate differs"):
        RunFolder.open(run.path, configure({"rate": 0.5}, max_steps=99))


def test_what_may_change_are_settings_of_a_run():
    assert set(FREE_ON_RESUME) < set(RunSettings.model_fields)
