"""`rerun`: a saved result made again from the recipe inside its file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.outputs import check_output, read_input, write_output
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError


def add_arguments(parser: ArgumentParser) -> None:
    """Add the file and the output."""
    parser.add_argument(
        "file", metavar="FILE", help="an .ome.tif or a Zarr folder that this program wrote"
    )
    parser.add_argument(
        "--source",
        metavar="IMAGE",
        help="what the recipe was run on, where the file neither holds it nor finds it",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="the image to write: OUT.ome.tif or OUT.zarr",
    )


def run(arguments: Namespace) -> int:
    """Read the file, run its recipe, write the result."""
    from napari_fidelity.operations.rerun import list_sources, rerun

    output = Path(arguments.output)
    check_output(output, [])
    if Path(arguments.file).suffix.lower() == ".csv":
        raise UserError(
            f"{arguments.file} is a table, which carries no recipe: run the recipe.yaml beside it "
            "with `napari-fidelity batch`."
        )
    image = read_input(arguments.file)
    check_output(output, [*list_sources(image), *filter(None, [arguments.source])])
    source = read_input(arguments.source) if arguments.source else None
    result = write_output(
        output,
        image.shape,
        str(image.array.dtype),
        lambda target: rerun(image, show_progress(), source=source, target=target),
    )
    print_note(f"Wrote {output}: {result.name}.")
    return 0


RERUN = CommandSpec(
    key="rerun",
    help="make a saved image again from the recipe in its file",
    add_arguments=add_arguments,
    run=run,
)
