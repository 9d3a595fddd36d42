"""How long napari's window stands still while a training is watched, in a new process."""

from __future__ import annotations

import json
import subprocess
import sys

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.demo.virtual_screen import open_screen

MEASURE = """
import dataclasses, json
from napari_fidelity.app.benchmark.train_stalls import measure_train_stalls
print(json.dumps([dataclasses.asdict(row) for row in measure_train_stalls()]))
"""


def measure_train_stalls() -> list[Row]:
    """The rows of `napari_fidelity.app.benchmark.train_stalls`, on a virtual screen if need be."""
    with open_screen() as environment:
        said = subprocess.run(
            [sys.executable, "-c", MEASURE],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=environment,
        ).stdout
    return [Row(**row) for row in json.loads(said.splitlines()[-1])]
