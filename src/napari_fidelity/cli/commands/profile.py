"""`profile`: values of image files along one line, as a table."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import read_input
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

FIELDS = ("width", "interpolation")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the images, the line, the output and the fields of `ProfileParams`."""
    from napari_fidelity.operations.line_profile import ProfileParams

    parser.add_argument("images", nargs="+", metavar="IMAGE", help="images to compare")
    parser.add_argument(
        "--points",
        required=True,
        metavar="'Y,X Y,X'",
        help="corners of the line, in µm; in pixels where images have no pixel size",
    )
    add_options(parser, ProfileParams, FIELDS)
    parser.add_argument(
        "--plane", metavar="INDEX,INDEX", help="the plane of stacks, counted from 0"
    )
    parser.add_argument("-o", "--output", metavar="OUT", help="table to write (default: print it)")


def run(arguments: Namespace) -> int:
    """Read the images, follow the line, print or write the table."""
    from napari_fidelity.operations.line_profile import ProfileParams, measure_profiles

    stated: dict[str, object] = {"points": read_points(arguments.points)}
    if arguments.plane is not None:
        stated["plane"] = tuple(arguments.plane.split(","))
    params = read_options(arguments, ProfileParams, FIELDS, **stated)
    images = [replace(read_input(path), name=Path(path).name) for path in arguments.images]
    found = measure_profiles(images, params, show_progress())
    if arguments.output is None:
        print(found.to_csv(), end="")
        return 0
    if Path(arguments.output).resolve() in {Path(path).resolve() for path in arguments.images}:
        raise UserError(
            f"{arguments.output} is read and would be overwritten: give another output name."
        )
    found.save(arguments.output)
    print_note(f"Wrote {arguments.output}: {len(found.distances)} values of each image.")
    return 0


def read_points(words: str) -> tuple[tuple[float, ...], ...]:
    """Corners of a line from words.

    Raises
    ------
    UserError
        They are no pairs of numbers.

    Examples
    --------
    >>> read_points("1.5,2 3,4")
    ((1.5, 2.0), (3.0, 4.0))
    """
    try:
        points = tuple(tuple(float(part) for part in word.split(",")) for word in words.split())
    except ValueError:
        points = ()
    if len(points) < 2 or any(len(point) != 2 for point in points):
        raise UserError(
            f"--points {words!r} is no line: give two corners or more, as '0,0 5,12.5'."
        )
    return points


PROFILE = CommandSpec(
    key="profile",
    help="values of images along a line, as CSV",
    add_arguments=add_arguments,
    run=run,
)
