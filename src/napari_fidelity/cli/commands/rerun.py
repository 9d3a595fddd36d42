"""`rerun`: a saved result made again from the recipe inside its file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.spec import CommandSpec


def add_arguments(parser: ArgumentParser) -> None:
    """Add the file and the output."""
    parser.add_argument("file", metavar="FILE", help="an .ome.tif that this program wrote")
    parser.add_argument(
        "-o", "--output", metavar="OUT.ome.tif", required=True, help="the image to write, OME-TIFF"
    )


def run(arguments: Namespace) -> int:
    """Read the file, run its recipe, write the result."""
    from napari_fidelity.imageio import check_target, read_image, write_image
    from napari_fidelity.operations.rerun import rerun

    output = Path(arguments.output)
    check_target(output)
    result = rerun(read_image(arguments.file), show_progress())
    write_image(output, result)
    print_note(f"Wrote {output}: {result.name}.")
    return 0


RERUN = CommandSpec(
    key="rerun",
    help="make a saved image again from the recipe in its file",
    add_arguments=add_arguments,
    run=run,
)
