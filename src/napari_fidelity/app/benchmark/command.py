"""`benchmark`: how fast this machine is, beside other ways to get the same."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from napari_fidelity.cli.console import print_note
from napari_fidelity.cli.spec import CommandSpec


def add_arguments(parser: ArgumentParser) -> None:
    """Add the choice of format."""
    parser.add_argument(
        "--format",
        choices=("table", "json"),
        default="table",
        help="a table with words on what to expect, or rows for a script (default: table)",
    )


def run(arguments: Namespace) -> int:
    """Measure and print; what is being measured stands on stderr."""
    from napari_fidelity.app.benchmark.expectations import list_expectations
    from napari_fidelity.app.benchmark.measure import MEASURES, measure
    from napari_fidelity.app.benchmark.report import format_json, format_rows
    from napari_fidelity.app.benchmark.subject import build_network
    from napari_fidelity.inference.engine import prepare_engine
    from napari_fidelity.inference.precision import list_fast_precisions

    rows = []
    for name, doing in MEASURES.items():
        print_note(f"{doing} …")
        rows += measure(name)
    if arguments.format == "json":
        print(format_json(rows))
        return 0
    engine = prepare_engine(build_network())
    words = list_expectations(rows, engine.describe(), list_fast_precisions(engine.device))
    print(f"{format_rows(rows)}\n\n" + "\n".join(words))
    return 0


BENCHMARK = CommandSpec(
    key="benchmark",
    help="measure how fast this machine is and say what to expect, in under two minutes",
    add_arguments=add_arguments,
    run=run,
)
