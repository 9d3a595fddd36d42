"""Benchmarks that open a window run in a process of their own, on a virtual screen if need be."""

from __future__ import annotations

import json
import subprocess
import sys

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.demo.virtual_screen import open_screen

MEASURE = """
import dataclasses, json
from napari_fidelity.app.benchmark.{name} import measure_{name}
print(json.dumps([dataclasses.asdict(row) for row in measure_{name}()]))
"""


def measure_apart(name: str) -> list[Row]:
    """The rows of the module called `name` in `napari_fidelity.app.benchmark`."""
    with open_screen() as environment:
        said = subprocess.run(
            [sys.executable, "-c", MEASURE.format(name=name)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=environment,
        ).stdout
    return [Row(**row) for row in json.loads(said.splitlines()[-1])]
