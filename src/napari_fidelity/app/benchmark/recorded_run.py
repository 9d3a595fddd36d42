"""A run folder that grows as if an engine wrote into it, by a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import new_status, write_status

HISTORY = 100_000
ROWS_A_SECOND = 1_000
SIDE_PX, PREVIEWS = 512, 4
NAMES = tuple(f"field_{number}" for number in range(PREVIEWS))
LOSSES = ("generator", "discriminator", "l1", "cycle", "identity")


class RecordedRun:
    """A run in `folder` with a history of 100 000 rows.

    Parameters
    ----------
    folder : Path
        It is made; results that become previews lie beside it.
    """

    def __init__(self, folder: Path) -> None:
        self.run = RunFolder.create(folder, TrainConfig.parse({"method": "care", "data": {}}))
        rng = np.random.default_rng(0)
        for place in (*map(self.run.previews.joinpath, ("inputs", "targets")), _results(self.run)):
            place.mkdir()
            for name in NAMES:
                pixels = rng.random((SIDE_PX, SIDE_PX)).astype(np.float32)
                write_image(place / f"{name}.tif", Image(pixels, axes="YX"))
        _add_rows(self.run, 0, HISTORY, rng)

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Let it grow from here to the end of the block."""
        process = subprocess.Popen([sys.executable, "-m", __name__, str(self.run.path)])
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def grow(folder: Path) -> None:
    """Add rows and previews once a second, until somebody ends this process."""
    run, rng, step = RunFolder.open(folder), np.random.default_rng(1), HISTORY
    while True:
        time.sleep(1.0)
        _add_rows(run, step, ROWS_A_SECOND, rng)
        step += ROWS_A_SECOND
        part = run.previews / ".next.part"
        shutil.copytree(_results(run), part)
        part.rename(run.previews / f"step_{step:07d}")


def _results(run: RunFolder) -> Path:
    return run.path.with_name("results")


def _add_rows(run: RunFolder, before: int, count: int, rng: np.random.Generator) -> None:
    text, all_losses = [], rng.random((count, len(LOSSES))).round(6).tolist()
    for number, losses in enumerate(all_losses):
        row = {f"loss_{name}": loss for name, loss in zip(LOSSES, losses, strict=True)}
        text.append(json.dumps({"step": before + number + 1, "rate_generator": 2e-4, **row}))
    step = before + count
    scores = dict(zip(("psnr", "ssim", "nrmse"), all_losses[-1], strict=False))
    means = {f"val_{key}": value for key, value in scores.items()}
    text.append(json.dumps({"step": step, **means, "previews": dict.fromkeys(NAMES, scores)}))
    with run.metrics.open("a", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")
    write_status(run.status, new_status(state="running", step=step, total_steps=10 * HISTORY))


if __name__ == "__main__":
    grow(Path(sys.argv[1]))
