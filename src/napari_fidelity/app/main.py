"""The program `napari-fidelity`: all commands, with and without a screen."""

from __future__ import annotations

from collections.abc import Sequence

from napari_fidelity.app.benchmark.command import BENCHMARK
from napari_fidelity.app.demo.command import DEMO
from napari_fidelity.cli.catalog import COMMANDS
from napari_fidelity.cli.main import main as run_command_line
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.catalog import Catalog

ALL_COMMANDS: Catalog[CommandSpec] = Catalog("command", [*COMMANDS.values(), BENCHMARK, DEMO])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the words of the process); returns the exit code."""
    return run_command_line(argv, ALL_COMMANDS)
