"""Run the benchmarks named on the command line, or all, and print a table."""

from __future__ import annotations

import pkgutil
import sys

import benchmarks
from napari_fidelity.app.benchmark.measure import MEASURES, measure
from napari_fidelity.app.benchmark.report import format_rows

# Those that every user has, then those that need a clone of the project.
PLACES = dict.fromkeys([*MEASURES, "large_image"], "napari_fidelity.app.benchmark") | {
    module.name: "benchmarks"
    for module in sorted(pkgutil.iter_modules(benchmarks.__path__))
    if not module.name.startswith("_")
}


def main(names: list[str]) -> int:
    """Print a line for each measurement of the modules called `names`; all when there are none."""
    if unknown := sorted(set(names) - set(PLACES)):
        print(f"There is no benchmark {unknown[0]!r}: choose of {', '.join(PLACES)}.")
        return 2
    rows = []
    for name in names or PLACES:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += measure(name, PLACES[name])
    print(format_rows(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
