"""`demo`: everything at work on real nuclei, results in a folder."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.spec import CommandSpec

FIELDS = ("out", "seed", "window", "stay")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the fields of `DemoParams`."""
    from napari_fidelity.app.demo.params import DemoParams

    add_options(parser, DemoParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Run the demo and name what it wrote."""
    from napari_fidelity.app.demo.params import DemoParams
    from napari_fidelity.app.demo.run import run_demo

    run_demo(read_options(arguments, DemoParams, FIELDS), print_note, show_progress())
    return 0


DEMO = CommandSpec(
    key="demo",
    help="synthesize and measure real nuclei, with figure, table and screenshot",
    add_arguments=add_arguments,
    run=run,
)
