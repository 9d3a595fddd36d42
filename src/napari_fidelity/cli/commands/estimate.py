"""`estimate`: the camera and the blur that made an image file."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from napari_fidelity.cli.console import show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import read_input
from napari_fidelity.cli.spec import CommandSpec

FIELDS = ("stack", "channel", "offset", "saturation", "pixel_size_um")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the image, the dark frames, and the fields of `EstimateParams`."""
    from napari_fidelity.simulation.estimation import EstimateParams

    parser.add_argument("image", metavar="IMAGE", help="as the camera recorded it")
    parser.add_argument(
        "--dark", metavar="FILE", help="one or more frames of the same camera without light"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_options(parser, EstimateParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Read, estimate, print."""
    from napari_fidelity.operations.estimate import estimate
    from napari_fidelity.simulation.estimation import EstimateParams

    params = read_options(arguments, EstimateParams, FIELDS)
    dark = read_input(arguments.dark) if arguments.dark else None
    found = estimate(read_input(arguments.image), params, show_progress(), dark=dark)
    if arguments.format == "json":
        print(json.dumps(found.to_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(found.describe())
    return 0


ESTIMATE = CommandSpec(
    key="estimate",
    help="estimate camera offset, gain, read noise, background and blur of an image",
    add_arguments=add_arguments,
    run=run,
)
