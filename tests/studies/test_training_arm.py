"""A training in a process of its own: what it says when it fails, and when it is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.studies.training_arm import TrainingArm, train_arm
from napari_fidelity.training.config import TrainConfig


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
