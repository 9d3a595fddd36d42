"""How long `import napari_fidelity` takes beside `import numpy`, each in a new process."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

REPEATS = 7
HEAVY = ("torch", "qtpy", "PyQt6", "napari")
TIMED = """
import sys, time
start = time.perf_counter()
{statement}
print(time.perf_counter() - start)
print(*sys.modules)
"""


def time_import(statement: str) -> tuple[float, set[str]]:
    """Seconds of the fastest of `REPEATS` new processes, and the modules then loaded."""
    seconds, loaded = [], set[str]()
    for _ in range(REPEATS):
        command = [sys.executable, "-c", TIMED.format(statement=statement)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        first, second = said.splitlines()
        seconds.append(float(first))
        loaded = set(second.split())
    return min(seconds), loaded


def run() -> list[dict[str, Any]]:  # Any: a number or a word
    """The import of the package, and of all that `assess` needs."""
    other, _ = time_import("import numpy")
    rows = []
    for statement in ("import napari_fidelity", "from napari_fidelity import assess"):
        ours, loaded = time_import(statement)
        if heavy := loaded & set(HEAVY):
            raise AssertionError(f"{statement} loads {', '.join(sorted(heavy))}")
        name = f"{statement} / import numpy"
        row = {"name": name, "ours": ours * 1e3, "other": other * 1e3, "unit": "ms"}
        rows.append({**row, "ratio": other / ours})
    return rows
