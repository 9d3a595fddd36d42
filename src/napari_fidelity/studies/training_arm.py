"""One training of a study: a run folder, trained in a process of its own, found again later."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.lengthening import is_over
from napari_fidelity.training.run_folder import RunFolder

POLL_S = 0.5
STOP_WAIT_S = 60.0
LOG_LINES = 3


@dataclass(frozen=True)
class TrainingArm:
    """A training by its name, its settings and its folder.

    Parameters
    ----------
    name : str
        What it is called in tables.
    config : TrainConfig
        All settings.
    folder : Path
        The run folder.
    """

    name: str
    config: TrainConfig
    folder: Path

    @property
    def package(self) -> Path:
        """The trained network."""
        return RunFolder(self.folder).package

    def is_finished(self) -> bool:
        """Whether an earlier run left the finished network of these very settings."""
        if not RunFolder(self.folder).identity.is_file():
            return False
        run = RunFolder.open(self.folder, self.config)
        return is_over(run.read_status(), self.config) and self.package.is_dir()


def train_arm(arm: TrainingArm, progress: Progress, *, apart: bool = True) -> Path:
    """Train, go on with a training that was stopped, or find it finished; the package.

    Parameters
    ----------
    arm : TrainingArm
    progress : Progress
        Called now and then.
    apart : bool
        In a process of its own, so that its memory is free for the next one; else here, which
        spares a training of seconds the start of a process.

    Raises
    ------
    UserError
        The training failed; the sentence holds its last words. Or the folder holds a run of
        other settings.
    Cancelled
        Asked for through `progress`; the run saves and can be resumed.
    """
    if arm.is_finished():
        progress(1, 1, arm.name)
        return arm.package
    arm.folder.parent.mkdir(parents=True, exist_ok=True)
    if apart:
        _train_apart(arm, progress)
    else:
        from napari_fidelity.training.train import train

        train(arm.config, arm.folder, resume=True)
        progress(1, 1, arm.name)
    return arm.package


def _train_apart(arm: TrainingArm, progress: Progress) -> None:
    config = arm.folder.with_suffix(".yaml")
    with write_atomically(config) as path:
        path.write_text(arm.config.to_yaml(), encoding="utf-8")
    words = [sys.executable, "-m", "napari_fidelity", "train", str(config), "--out"]
    words += [str(arm.folder), "--resume"]  # a run that is not there yet is begun
    log = arm.folder.with_suffix(".log")
    with log.open("ab") as output:
        process = subprocess.Popen(  # our own interpreter and words
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=dict(os.environ),
        )  # fmt: skip
        _follow(process, arm, progress)
    if process.returncode != 0 or not arm.is_finished():
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise UserError(f"The training of {arm.name} failed: {' '.join(said[-LOG_LINES:])}")


def _follow(process: subprocess.Popen[bytes], arm: TrainingArm, progress: Progress) -> None:
    """Tell the progress of a process until it ends; end it when asked to."""
    total = max(1, round(60 * (arm.config.run.max_minutes or 0))) or 1
    try:
        while process.poll() is None:
            done, total = _read_place(arm, total)
            progress(min(done, total), total, arm.name)
            time.sleep(POLL_S)
    except (Cancelled, KeyboardInterrupt):
        process.terminate()  # the loop finishes its step and saves
        try:
            process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
        raise


def _read_place(arm: TrainingArm, total: int) -> tuple[int, int]:
    """Seconds done of seconds to do, or steps where no time is stated."""
    if not RunFolder(arm.folder).identity.is_file():
        return 0, total
    status = RunFolder.open(arm.folder).read_status()
    if arm.config.run.max_minutes:
        return round(status.seconds), total
    return status.step, max(status.total_steps, 1)


def read_curve(folder: Path) -> Sequence[Mapping[str, Any]]:  # Any: JSON values
    """All rows of metrics of a run."""
    return RunFolder.open(folder).read_metrics()[0]
