"""How much a run folder will hold, and whether the disk has room for it."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

from napari_fidelity.core.amount_text import spell_bytes
from napari_fidelity.core.errors import UserError
from napari_fidelity.data.split import VALIDATION
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.examples import LARGEST_PX
from napari_fidelity.training.previews import KEPT
from napari_fidelity.training.training_data import TrainingData

NUMBERS_A_PARAMETER = 3  # weight and the two moments of Adam
CHECKPOINTS = 3  # last, best, and the one that is being written
RESULT_BYTES = 4  # of a pixel of a preview
REST_BYTES = 20 << 20  # curves, log, pictures, card
FASTER = 2.0  # than in its trial a step may be


def count_steps(config: TrainConfig, seconds: float) -> int:
    """Steps that there is time for at most, where one takes so long in a trial."""
    if config.run.max_minutes is None:
        return config.steps
    return min(config.steps, math.ceil(FASTER * 60 * config.run.max_minutes / seconds))


def count_disk_bytes(config: TrainConfig, data: TrainingData, parameters: int, steps: int) -> int:
    """What a run folder will hold at most: checkpoints, previews, package."""
    run = config.run
    kept = steps // run.keep_every if run.keep_every else 0
    checkpoint = NUMBERS_A_PARAMETER * 4 * parameters
    most = LARGEST_PX[data.spatial_dims]
    shown = [map(min, field.shape, most) for field in data.fields[VALIDATION]]
    pixels = max(map(math.prod, shown), default=0)
    rounds = min(steps // run.validate_every, KEPT) + 3
    previews = min(run.previews, len(data.validation_names)) * pixels * RESULT_BYTES * rounds
    return checkpoint * (CHECKPOINTS + kept) + 4 * parameters + previews + REST_BYTES


def check_disk(needed: int, folder: Path) -> int:
    """The free bytes where a run folder is to be.

    Raises
    ------
    UserError
        They are less than needed.
    """
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise UserError(
            f"The run needs about {spell_bytes(needed)} for checkpoints and previews, "
            f"{spell_bytes(free)} are free at {place}: free some space or choose another disk."
        )
    return free
