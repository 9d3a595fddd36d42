"""Run the benchmarks named on the command line, or all, and print a table."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module

import benchmarks

HEADINGS = ("benchmark", "ours", "other", "unit", "ratio")


def main(names: list[str]) -> int:
    """Print a line for each measurement of the modules called `names`; all when there are none."""
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    known = [name for name in sorted(known) if not name.startswith("_")]
    if unknown := sorted(set(names) - set(known)):
        print(f"There is no benchmark {unknown[0]!r}: choose of {', '.join(known)}.")
        return 2
    lines = [HEADINGS]
    for name in names or known:
        print(f"{name} …", file=sys.stderr, flush=True)
        for row in import_module(f"benchmarks.{name}").run():
            numbers = (f"{row['ours']:.4g}", f"{row['other']:.4g}", row["unit"])
            lines.append((row["name"], *numbers, f"{row['ratio']:.2f}"))
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
