"""How long `import napari_fidelity` takes beside `import numpy`, each in a new process."""

from __future__ import annotations

import subprocess
import sys

from napari_fidelity.app.benchmark.row import Row

REPEATS = 7
HEAVY = ("torch", "qtpy", "PyQt6", "napari")
STATEMENTS = {
    "import_package": "import napari_fidelity",
    "import_assess": "from napari_fidelity import assess",
}
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


def measure_imports() -> list[Row]:
    """The import of the package, and of all that `assess` needs.

    Raises
    ------
    AssertionError
        One of them loads PyTorch or Qt.
    """
    other, _ = time_import("import numpy")
    rows = []
    for name, statement in STATEMENTS.items():
        ours, loaded = time_import(statement)
        if heavy := loaded & set(HEAVY):
            raise AssertionError(f"{statement} loads {', '.join(sorted(heavy))}")
        rows.append(Row(name, ours * 1e3, other * 1e3, "ms", "beside import numpy"))
    return rows
