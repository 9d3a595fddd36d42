"""`synthesize`: a fluorescence image of a mask file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.frames import share_frame
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

FIELDS = ("model", "seed", "noise", "dtype", "tile_px")
LEVELS = ("foreground_mean", "foreground_sd", "background_mean", "background_sd")


def add_arguments(parser: ArgumentParser) -> None:
    """Add mask, output and the fields of `SynthesizeParams`."""
    from napari_fidelity.operations.synthesize import SynthesizeParams

    parser.add_argument("mask", metavar="MASK", help="labels or mask: TIFF, PNG or .npy")
    parser.add_argument(
        "-o", "--output", metavar="OUT.ome.tif", required=True, help="the image to write, OME-TIFF"
    )
    add_options(parser, SynthesizeParams, FIELDS)
    levels = parser.add_mutually_exclusive_group()
    levels.add_argument(
        "--match",
        metavar="REFERENCE",
        help="real image of the same field whose levels and pixel type are matched",
    )
    levels.add_argument(
        "--levels",
        nargs=4,
        type=float,
        metavar=("FG_MEAN", "FG_SD", "BG_MEAN", "BG_SD"),
        help="mean and SD of the foreground and of the background",
    )


def run(arguments: Namespace) -> int:
    """Read the mask, synthesize, write OME-TIFF with provenance."""
    from napari_fidelity.imageio import check_target, read_image, write_image
    from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize

    output = Path(arguments.output)
    check_target(output, inputs=[arguments.mask, *filter(None, [arguments.match])])
    stated = {}
    if arguments.levels is not None:
        stated["levels"] = dict(zip(LEVELS, arguments.levels, strict=True))
    params = read_options(arguments, SynthesizeParams, FIELDS, **stated)
    reference = read_image(arguments.match) if arguments.match else None
    mask, reference = share_frame([read_image(arguments.mask), reference])
    if mask is None:
        raise UserError("There is no mask.")
    result = synthesize(mask, params, show_progress(), reference=reference)
    write_image(output, result)
    print_note(f"Wrote {output}: {result.name}.")
    return 0


SYNTHESIZE = CommandSpec(
    key="synthesize",
    help="make a fluorescence image for a mask",
    add_arguments=add_arguments,
    run=run,
)
