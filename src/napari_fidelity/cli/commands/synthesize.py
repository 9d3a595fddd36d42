"""`synthesize`: a fluorescence image of a mask file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.frames import share_frame
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import check_output, read_input, write_output
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

if TYPE_CHECKING:
    from napari_fidelity.core.image import Image
    from napari_fidelity.inference.lazy_arrays import Target

FIELDS = ("model", "seed", "noise", "dtype", "precision", "tile_px")
MACHINE = ("device", "threads", "memory_limit_gb")
LEVELS = ("foreground_mean", "foreground_sd", "background_mean", "background_sd")


def add_arguments(parser: ArgumentParser) -> None:
    """Add mask, output and the fields of `SynthesizeParams` and `ComputeSettings`."""
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.synthesize import SynthesizeParams

    parser.add_argument("mask", metavar="MASK", help="labels or mask: TIFF, PNG, .npy or Zarr")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="the image to write: OUT.ome.tif, or OUT.zarr for what memory cannot hold",
    )
    add_options(parser, SynthesizeParams, FIELDS)
    add_options(parser, ComputeSettings, MACHINE)
    parser.add_argument(
        "--camera",
        metavar="ESTIMATE",
        help="camera whose noise takes the place of the model's: JSON of `estimate`, or its file",
    )
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
    """Read the mask, synthesize, write the image with its provenance."""
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.camera_choice import read_camera
    from napari_fidelity.operations.synthesize import SynthesizeParams, choose_dtype, synthesize

    output = Path(arguments.output)
    check_output(output, [arguments.mask, *filter(None, [arguments.match])])
    stated: dict[str, object] = {}
    if arguments.levels is not None:
        stated["levels"] = dict(zip(LEVELS, arguments.levels, strict=True))
    if arguments.camera is not None:
        stated["camera"] = read_camera(arguments.camera)
    if arguments.tile_px == "auto":
        arguments.tile_px = None
    params = read_options(arguments, SynthesizeParams, FIELDS, **stated)
    compute = read_options(arguments, ComputeSettings, MACHINE)
    matched = read_input(arguments.match) if arguments.match else None
    mask, reference = share_frame([read_input(arguments.mask), matched])
    if mask is None:
        raise UserError("There is no mask.")
    frame = mask

    def make(target: Target | None) -> Image:
        return synthesize(
            frame,
            params,
            show_progress(),
            reference=reference,
            compute=compute,
            target=target,
            scratch_folder=output.resolve().parent,
        )

    result = write_output(output, mask.shape, choose_dtype(params, reference), make)
    print_note(f"Wrote {output}: {result.name}.")
    if "path" in result.provenance["source"]:
        print_note(f"Note: rerun will need {arguments.mask} where it is, unchanged.")
    return 0


SYNTHESIZE = CommandSpec(
    key="synthesize",
    help="make a fluorescence image for a mask",
    add_arguments=add_arguments,
    run=run,
)
