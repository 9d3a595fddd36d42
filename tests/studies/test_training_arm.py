"""A training in a process of its own: what it says when it fails, and when it is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.studies.training_arm import TrainingArm, train_arm
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import new_status, write_status


@pytest.fixture
def arm(tmp_path: Path) -> TrainingArm:
    config = TrainConfig.parse(
        {"method": {"kind": "care"}, "data": {"folder": str(tmp_path / "nothing")}}
    )
    return TrainingArm("CARE", config, tmp_path / "runs" / "care")


def test_a_failed_training_says_why(arm: TrainingArm) -> None:
    with pytest.raises(UserError, match=r"The training of CARE failed: .*There is no folder"):
        train_arm(arm, Progress())
    assert not arm.is_finished()


def test_a_stop_ends_the_process(arm: TrainingArm) -> None:
    with pytest.raises(Cancelled):
        train_arm(arm, Progress(is_cancelled=lambda: True))
    assert not arm.is_finished()


def test_a_training_of_fewer_minutes_is_not_finished(arm: TrainingArm) -> None:
    arm.folder.parent.mkdir(parents=True)
    run = RunFolder.create(arm.folder, _limit(arm, 1).config)
    write_status(run.status, new_status(state="finished", step=9, seconds=61.0))
    run.package.mkdir()
    assert _limit(arm, 1).is_finished()
    assert not _limit(arm, 2).is_finished()


def _limit(arm: TrainingArm, minutes: float) -> TrainingArm:
    limited = arm.config.run.model_copy(update={"max_minutes": minutes})
    config = arm.config.model_copy(update={"run": limited})
    return TrainingArm(arm.name, config, arm.folder)
