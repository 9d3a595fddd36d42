"""`difference`: what is different between two image files, pixel by pixel."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.frames import share_frame
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import read_input
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

FIELDS = ("kind", "floor")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the two images, the output and the fields of `DifferenceParams`."""
    from napari_fidelity.operations.difference import DifferenceParams

    parser.add_argument("image", metavar="IMAGE", help="the image")
    parser.add_argument(
        "--reference", required=True, metavar="FILE", help="the image that is subtracted"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="the map to write: OUT.ome.tif"
    )
    add_options(parser, DifferenceParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Read both, subtract, write the map."""
    from napari_fidelity.imageio import check_target, write_image
    from napari_fidelity.operations.difference import DifferenceParams, map_difference

    output = Path(arguments.output)
    check_target(output, inputs=[arguments.image, arguments.reference])
    params = read_options(arguments, DifferenceParams, FIELDS)
    given = [read_input(path) for path in (arguments.image, arguments.reference)]
    image, reference = share_frame(given)
    if image is None or reference is None:
        raise UserError("A difference needs two images.")
    result = map_difference(
        image,
        reference,
        params,
        show_progress(),
        source_path=arguments.image,
        reference_path=arguments.reference,
    )
    write_image(output, result)
    print_note(f"Wrote {output}: {result.name}.")
    return 0


DIFFERENCE = CommandSpec(
    key="difference",
    help="subtract a reference from an image: difference or error map",
    add_arguments=add_arguments,
    run=run,
)
