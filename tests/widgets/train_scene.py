"""A run folder as the engine writes it, made in a moment: for the tests of the Train dock."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import RunStatus, write_status

TOTAL = 20_000
NAMES = ("field_1", "field_2")
NOBODY = 2**22 + 1  # no process has this number


class FakeRun:
    """A run of CARE that tests move on by hand."""

    def __init__(self, folder: Path, *, title: str = "Nuclei CARE", side: int = 48) -> None:
        values = {
            "method": "care",
            "data": {"folder": str(folder.with_name("images"))},
            "model": {"title": title, "key": folder.name},
        }
        self.run = RunFolder.create(folder, TrainConfig.parse(values))
        self.rng = np.random.default_rng(0)
        self.truth = [self._cells(side, seed) for seed in range(len(NAMES))]
        self.noisy = [cells + 150 * self.rng.normal(size=cells.shape) for cells in self.truth]
        self.step = 0
        self.tell("preparing")
        for kind, images in (("inputs", self.noisy), ("targets", self.truth)):
            self._write(self.run.previews / kind, images)

    def tell(self, state="running", *, pid=None, updated=None, **values):
        status = RunStatus(
            state=state,
            pid=os.getpid() if pid is None else pid,
            host=socket.gethostname(),
            step=self.step,
            total_steps=TOTAL,
            started=time.time(),
            updated=time.time() if updated is None else updated,
            **values,
        )
        write_status(self.run.status, status)

    def train(self, steps, every=10):
        """Rows of training up to so many further steps."""
        last = self.step + steps
        rows = []
        for step in range(self.step + every, last + 1, every):
            loss = 0.05 + np.exp(-step / 4000) * (1 + 0.3 * self.rng.normal())
            rows.append(
                {
                    "step": step,
                    "seconds": step / 20,
                    "loss_generator": abs(loss),
                    "loss_l1": abs(loss) / 3,
                    "rate_generator": 4e-4 if step < TOTAL / 2 else 2e-4,
                }
            )
        self.step = last
        self.append(rows)

    def validate(self, *, quality=None):
        """A row of validation with previews; `quality` from 0 to 1 by the step."""
        quality = 1 - np.exp(-self.step / 5000) if quality is None else quality
        scores = {
            "psnr": 20 + 9 * quality,
            "ssim": 0.4 + 0.5 * quality,
            "nrmse": 0.3 - 0.2 * quality,
        }
        own = {
            name: {k: v * (1 + 0.01 * i) for k, v in scores.items()} for i, name in enumerate(NAMES)
        }
        row = {"step": self.step, "seconds": self.step / 20, "val_loss": 1 - quality}
        row |= {f"val_{key}": value for key, value in scores.items()}
        row |= {"val_input_psnr": 22.0, "val_input_ssim": 0.5, "val_input_nrmse": 0.24}
        self.append([{**row, "previews": own}])
        mixed = [
            quality * truth + (1 - quality) * noisy
            for truth, noisy in zip(self.truth, self.noisy, strict=True)
        ]
        self._write(self.run.previews / f"step_{self.step:07d}", mixed)

    def append(self, rows):
        with self.run.metrics.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))

    def delete(self):
        shutil.rmtree(self.run.path)

    def pack(self):
        """Something that looks like a finished model."""
        self.run.package.mkdir(exist_ok=True)
        (self.run.package / "manifest.json").write_text("{}")

    def _write(self, folder, images):
        part = folder.with_name(f".{folder.name}.part")
        part.mkdir()
        for name, pixels in zip(NAMES, images, strict=True):
            image = Image(
                np.asarray(pixels, np.float32), axes="YX", scale=(0.1, 0.1), units=("um", "um")
            )
            write_image(part / f"{name}.tif", image)
        part.rename(folder)

    @staticmethod
    def _cells(side, seed):
        field = gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), side / 24)
        cells = np.clip(field / field.std(), 0, None)
        return (100 + 800 * gaussian_filter(cells, 1)).astype(np.float32)
