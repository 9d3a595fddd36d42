"""Reading a run while it goes on: what is new, what is thinned, what went wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest

from napari_fidelity.widgets.train_history import TrainHistory
from napari_fidelity.widgets.train_reader import MOST_BYTES, RunReader
from napari_fidelity.widgets.train_words import describe_run, phase_of
from tests.widgets.train_scene import NAMES, NOBODY, FakeRun


@pytest.fixture
def run(tmp_path):
    return FakeRun(tmp_path / "nuclei")


def read_all(reader, **options):
    snapshot = reader.read(**options)
    while not snapshot.is_complete:
        snapshot = reader.read(**options)
    return snapshot


def test_only_new_rows_are_read_and_halves_wait(run):
    reader = RunReader(run.run.path)
    run.train(50)
    assert reader.read().losses[0].steps.tolist() == [10, 20, 30, 40, 50]
    with run.run.metrics.open("a") as file:
        file.write('{"step": 60, "loss_gen')
    assert len(reader.read().losses[0].steps) == 5
    with run.run.metrics.open("a") as file:
        file.write('erator": 0.5}\n')
    assert reader.read().losses[0].last == 0.5


def test_a_run_that_goes_back_is_read_anew(run):
    reader = RunReader(run.run.path)
    run.train(100)
    reader.read()
    rows = run.run.metrics.read_text().splitlines()[:4]
    run.run.metrics.write_text("\n".join(rows) + "\n")
    run.step = 40
    run.train(30)
    steps = reader.read().losses[0].steps
    assert steps.tolist() == [10, 20, 30, 40, 50, 60, 70]


def test_rows_that_cannot_be_read_now_are_read_later(run, monkeypatch):
    reader = RunReader(run.run.path)
    run.train(50)

    def refuse(*_args, **_options):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(type(run.run.metrics), "open", refuse)
        assert reader.read().losses == ()
    assert reader.read().losses[0].steps.tolist() == [10, 20, 30, 40, 50]


def test_a_long_history_comes_in_pieces_and_is_thinned(run):
    row = json.dumps({"step": 1, "loss_generator": 0.5, "note": "x" * 400})
    lines = [row.replace('"step": 1,', f'"step": {step},') for step in range(1, 12_001)]
    run.run.metrics.write_text("\n".join(lines) + "\n")
    reader = RunReader(run.run.path)
    assert run.run.metrics.stat().st_size > MOST_BYTES
    assert not reader.read().is_complete
    snapshot = read_all(reader)
    assert len(snapshot.losses[0].steps) <= 100
    assert snapshot.losses[0].steps[-1] > 11_000


def test_broken_rows_and_odd_values_are_passed_over(run):
    run.run.metrics.write_text(
        'no json\n[1]\n{"step": "x"}\n{"step": 5, "loss_a": NaN, "loss_b": "y"}\n'
    )
    snapshot = RunReader(run.run.path).read()
    assert [curve.key for curve in snapshot.losses] == ["loss_a"]
    assert np.isnan(snapshot.losses[0].last)


def test_states_in_words(run):
    reader = RunReader(run.run.path)
    assert phase_of(reader.read()) == "starting"
    run.train(1200)
    run.validate()
    best = {"step": 1000, "key": "val_ssim", "value": 0.83}
    run.tell("running", remaining_s=840.0, best=best)
    words = describe_run(reader.read()).replace("\u00a0", " ")
    assert words == "Step 1 200 of 20 000 · 14 min left · best SSIM 0.830 at step 1 000"
    run.tell("running", batch=8, accumulate=2)
    assert "batch of 8 in 2 parts: memory is short" in describe_run(reader.read())
    run.run.ask_to_stop()
    snapshot = reader.read()
    assert phase_of(snapshot) == "stopping"
    assert describe_run(snapshot).startswith("Stopping: it ends the step and saves")
    run.tell("stopped", best=best)
    assert "Resume goes on from here" in describe_run(reader.read())
    run.tell("finished", seconds=4000, best=best)
    assert describe_run(reader.read()).startswith("Finished: 1")


def test_a_failure_says_why_and_brings_the_last_lines(run):
    run.run.log.write_text("step 90\nthe loss is nan\n")
    run.tell("failed", message="The loss became NaN.")
    snapshot = RunReader(run.run.path).read()
    assert phase_of(snapshot) == "failed"
    assert describe_run(snapshot) == "The loss became NaN."
    assert "the loss is nan" in snapshot.details


def test_a_process_that_is_gone_without_a_word(run):
    run.train(100)
    run.tell("running", pid=NOBODY)
    snapshot = RunReader(run.run.path).read()
    assert phase_of(snapshot) == "gone"
    assert "most often memory ran out. Press Resume" in describe_run(snapshot)


def test_a_process_that_says_nothing_any_more_is_gone(run):
    run.tell("running", updated=0.0)
    assert phase_of(RunReader(run.run.path).read()) == "gone"


def test_a_run_that_is_deleted_while_it_is_watched(run):
    reader = RunReader(run.run.path)
    reader.read()
    run.delete()
    snapshot = reader.read()
    assert phase_of(snapshot) == "missing"
    assert "is not there any more: it was deleted" in describe_run(snapshot)


def test_no_run_and_a_run_of_another_version(run, tmp_path):
    assert "holds no training run" in describe_run(RunReader(tmp_path).read())
    identity = json.loads(run.run.identity.read_text())
    run.run.identity.write_text(json.dumps({**identity, "version": 9}))
    assert "version 9" in describe_run(RunReader(run.run.path).read())


def test_a_process_that_never_made_a_run_says_its_last_line(tmp_path):
    folder = tmp_path / "cells"
    source = tmp_path / "cells-source"
    source.mkdir()
    (source / "output.txt").write_text("Traceback\nThe images are all background.\n")
    snapshot = RunReader(folder, pid=NOBODY).read()
    assert snapshot.problem == "The training did not start. The images are all background."
    assert "Traceback" in snapshot.details


def test_a_resume_that_was_refused_is_said(run):
    run.tell("stopped")
    snapshot = RunReader(run.run.path, pid=NOBODY).read()
    assert describe_run(snapshot).startswith("The training did not start.")
    assert phase_of(snapshot) == "stopped"


def test_previews_are_read_once_each_and_lie_below_each_other(run):
    run.train(200)
    run.validate()
    reader = RunReader(run.run.path)
    pictures = reader.read(wants_pictures=True).pictures
    assert pictures.names == NAMES
    assert pictures.step == 200
    assert pictures.results.shape == pictures.targets.shape == (48 + 6 + 48, 48)
    np.testing.assert_array_equal(pictures.targets[:48], run.truth[0])
    np.testing.assert_array_equal(pictures.inputs[54:], run.noisy[1].astype(np.float32))
    assert pictures.scale == (0.1, 0.1)
    assert reader.read(wants_pictures=True).pictures is None
    run.train(200)
    run.validate()
    assert reader.read(wants_pictures=True).pictures.step == 400


def test_a_damaged_preview_is_waited_for(run):
    run.train(100)
    run.validate()
    path = run.run.previews / "step_0000100" / "field_1.tif"
    whole = path.read_bytes()
    path.write_bytes(whole[:90])
    reader = RunReader(run.run.path)
    assert reader.read(wants_pictures=True).pictures is None
    path.write_bytes(whole)
    assert reader.read(wants_pictures=True).pictures is not None


def test_100_000_rows_are_thinned_in_a_moment():
    history = TrainHistory()
    history.add({"step": n, "loss_a": 1.0 / n} for n in range(1, 100_001))
    curve = history.curve("loss_a", most=100)
    assert len(curve.steps) == 100
    assert curve.high[0] == 1.0
    assert curve.last == 1e-5
