"""`segment`: the foreground of an image file as a mask."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import check_output, is_zarr_output, read_input, write_output
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

if TYPE_CHECKING:
    from napari_fidelity.core.image import Image
    from napari_fidelity.inference.lazy_arrays import Target

FIELDS = ("model", "threshold", "label_objects", "flips", "precision", "tile_px")
MACHINE = ("device", "threads", "memory_limit_gb")


def add_arguments(parser: ArgumentParser) -> None:
    """Add input, output and the fields of `SegmentParams` and `ComputeSettings`."""
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.segment import SegmentParams

    parser.add_argument("image", metavar="IN", help="image: TIFF, PNG, .npy or Zarr")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="the mask to write: OUT.ome.tif, or OUT.zarr for what memory cannot hold",
    )
    add_options(parser, SegmentParams, FIELDS)
    add_options(parser, ComputeSettings, MACHINE)


def run(arguments: Namespace) -> int:
    """Read the image, segment it, write the mask with its provenance."""
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.mask_pixels import describe_found
    from napari_fidelity.operations.segment import SegmentParams, segment

    output = Path(arguments.output)
    check_output(output, [arguments.image])
    params = read_options(arguments, SegmentParams, FIELDS)
    compute = read_options(arguments, ComputeSettings, MACHINE)
    image = read_input(arguments.image)
    if is_zarr_output(output) and "C" in image.axes:
        raise UserError(
            f"{image.name} has channels: write its mask to an OME-TIFF, or segment one channel."
        )

    def make(target: Target | None) -> Image:
        return segment(
            image,
            params,
            show_progress(),
            source_path=arguments.image,
            target=target,
            compute=compute,
        )

    result = write_output(output, image.shape, "uint32" if params.label_objects else "uint8", make)
    for told in result.provenance.get("notes", ()):
        print_note(f"Note: {told}")
    found = describe_found(result.provenance["found"])
    print_note(f"Wrote {output}: {result.name} ({found}).")
    return 0


SEGMENT = CommandSpec(
    key="segment",
    help="find the foreground of an image by a trained model",
    add_arguments=add_arguments,
    run=run,
)
