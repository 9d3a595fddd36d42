"""How long a dock takes to open beside napari's own window, in a new process."""

from __future__ import annotations

import json
import subprocess
import sys

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.demo.virtual_screen import open_screen

REPEATS = 3
DOCKS = ("Synthesize", "Assess")
TIMED = """
import json, time
import napari, numpy as np
from qtpy.QtWidgets import QApplication
seconds = {}
start = time.perf_counter()
viewer = napari.Viewer()
QApplication.processEvents()
seconds["napari"] = time.perf_counter() - start
viewer.add_image(np.zeros((256, 256), np.uint16))
viewer.add_labels(np.zeros((256, 256), np.uint8))
QApplication.processEvents()
for name in ("Synthesize", "Assess"):
    start = time.perf_counter()
    viewer.window.add_plugin_dock_widget("napari-fidelity", name)
    QApplication.processEvents()
    seconds[name] = time.perf_counter() - start
viewer.close()
print(json.dumps(seconds))
"""


def measure_open_dock() -> list[Row]:
    """Opening each dock for the first time in a session."""
    with open_screen() as environment:
        samples = [_time_once(environment) for _ in range(REPEATS)]
    best = {name: min(sample[name] for sample in samples) for name in samples[0]}
    remark = "beside napari's own window"
    return [
        Row(f"open_{name.lower()}", best[name] * 1e3, best["napari"] * 1e3, "ms", remark)
        for name in DOCKS
    ]


def _time_once(environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", TIMED]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout
    seconds: dict[str, float] = json.loads(said.splitlines()[-1])
    return seconds
