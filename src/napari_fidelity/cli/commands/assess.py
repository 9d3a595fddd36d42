"""`assess`: how faithful image files are to a reference file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.frames import share_frame
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

if TYPE_CHECKING:
    from napari_fidelity.core.image import Image
    from napari_fidelity.operations.assess import AssessParams

SETTINGS = ("margin_px", "density", "border", "data_range", "normalization", "spatial_ndim")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the images, and the fields of `AssessParams` and `MeasureSettings`."""
    from napari_fidelity.metrics import METRICS, MeasureSettings
    from napari_fidelity.metrics.tables import FORMATS
    from napari_fidelity.operations.assess import AssessParams

    parser.add_argument("tests", nargs="+", metavar="IMAGE", help="images to assess")
    parser.add_argument("--reference", required=True, metavar="FILE", help="the real image")
    parser.add_argument(
        "--mask", metavar="FILE", help="structures: labels or mask; SFM and NFM need it"
    )
    parser.add_argument(
        "--background", metavar="FILE", help="mask of the background, instead of the mask's margin"
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")
    parser.add_argument(
        "--metrics", metavar="KEY,KEY", help=f"some of {', '.join(METRICS)} (default: all)"
    )
    add_options(parser, AssessParams, ["scope"])
    parser.add_argument(
        "--plane", metavar="INDEX,INDEX", help="a single plane, counted from 0 (scope 'plane')"
    )
    add_options(parser, MeasureSettings, SETTINGS, margin_px="--margin")


def run(arguments: Namespace) -> int:
    """Read, assess, print."""
    from napari_fidelity.metrics.tables import FORMATS
    from napari_fidelity.operations.assess import assess

    params = read_params(arguments)
    paths = [arguments.reference, arguments.mask, arguments.background, *arguments.tests]
    reference, mask, background, *given = share_frame(read_files(paths))
    tests = [image for image in given if image is not None]
    if reference is None:
        raise UserError("There is no reference: name one with --reference.")
    result = assess(
        tests,
        reference=reference,
        mask=mask,
        background=background,
        params=params,
        progress=show_progress(),
    )
    beside = () if arguments.format == "table" else result.warnings  # a table shows them
    for sentence in (*result.notes, *beside):
        print_note(f"Note: {sentence}")
    print(FORMATS[arguments.format](result.rows).rstrip("\n"))
    return 0


def read_params(arguments: Namespace) -> AssessParams:
    """Settings from the options; a plane that is given sets the scope."""
    from napari_fidelity.metrics import METRICS, MeasureSettings
    from napari_fidelity.operations.assess import AssessParams

    chosen: dict[str, object] = {"metrics": read_options(arguments, MeasureSettings, SETTINGS)}
    if arguments.plane is not None:
        chosen["plane"] = tuple(arguments.plane.split(","))
        arguments.scope = arguments.scope or "plane"
    if arguments.metrics is not None:
        keys = [key.strip() for key in arguments.metrics.split(",")]
        chosen["keys"] = tuple(METRICS[key].key for key in keys)
    return read_options(arguments, AssessParams, ["scope"], **chosen)


def read_files(paths: Sequence[str | None]) -> list[Image | None]:
    """The images in files, called after their files; None for None."""
    from napari_fidelity.imageio import read_image

    names = Counter(Path(path).name for path in set(paths) if path is not None)
    return [
        None
        if path is None
        else replace(read_image(path), name=path if names[Path(path).name] > 1 else Path(path).name)
        for path in paths
    ]


ASSESS = CommandSpec(
    key="assess",
    help="measure how faithful images are to a reference",
    add_arguments=add_arguments,
    run=run,
)
