"""What *Start*, *Resume* and *Check* do on a thread: write layers as files, start the process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.train_check import PICTURE_FILE, check_in_process
from napari_fidelity.operations.train_images import Example, write_examples
from napari_fidelity.operations.train_process import (
    prepare_run,
    source_folder,
    start_training,
)
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.widgets.train_setup import TrainSetup

IMAGES = "images"  # in the folder beside a run


@dataclass(frozen=True)
class Started:
    """A training that was started, and its process."""

    folder: Path
    pid: int


@dataclass(frozen=True)
class Checked:
    """What a check found, and the folder with its picture; who shows it removes that."""

    words: str
    place: Path

    @property
    def picture(self) -> Path:
        """The contact sheet, where there is one."""
        return self.place / PICTURE_FILE


def plan_start(setup: TrainSetup) -> Callable[[Progress], Started]:
    """What starts the training that is described now. Main thread.

    Raises
    ------
    UserError
        Something is missing or does not fit.
    """
    folder, examples = setup.run_folder(), setup.data.examples()
    images = source_folder(folder) / IMAGES if examples else None
    config = setup.config(images=images, key=folder.name)

    def start(progress: Progress) -> Started:
        try:
            prepare_run(config, folder)
            _write(examples, images, config, progress)
        except BaseException:
            shutil.rmtree(source_folder(folder), ignore_errors=True)
            raise
        return Started(folder, start_training(folder))

    return start


def plan_resume(folder: Path) -> Callable[[Progress], Started]:
    """What goes on with the run in `folder`."""
    return lambda _progress: Started(folder, start_training(folder, resume=True))


def plan_check(setup: TrainSetup) -> Callable[[Progress], Checked]:
    """What checks the training that is described now. Main thread; errors as `plan_start`."""
    place = Path(tempfile.mkdtemp(prefix="fidelity-check-"))
    examples = setup.data.examples()
    images = place / IMAGES if examples else None
    config = setup.config(images=images)

    def check(progress: Progress) -> Checked:
        try:
            _write(examples, images, config, progress)
            words = check_in_process(config, place, progress)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return Checked(words, place)

    return check


def _write(
    examples: Sequence[Example], images: Path | None, config: TrainConfig, progress: Progress
) -> None:
    if images is not None:
        assert config.data.task is not None
        write_examples(examples, images, config.data.task, progress)
