"""`psf`: a point spread function from the optics, from a file or from beads, as an image."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note
from napari_fidelity.cli.outputs import read_input
from napari_fidelity.cli.psf_options import add_psf_options, list_stated, read_psf_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.shape_text import spell_shape

if TYPE_CHECKING:
    from napari_fidelity.simulation.psf import Psf


def add_arguments(parser: ArgumentParser) -> None:
    """Add output, pixels, sources of measured PSFs and the fields of `PsfSettings`."""
    parser.add_argument(
        "-o",
        "--output",
        metavar="PSF",
        required=True,
        help="the image to write, its sum 1: PSF.ome.tif",
    )
    parser.add_argument(
        "--pixel-size-um",
        type=float,
        metavar="UM",
        help="size of a pixel along Y and X, micrometers (measured: the file's)",
    )
    parser.add_argument(
        "--z-step-um",
        type=float,
        metavar="UM",
        help="distance of planes, micrometers: makes a volume instead of a plane",
    )
    parser.add_argument(
        "--shape",
        type=int,
        nargs="+",
        metavar="PX",
        help="odd sides, [Z] Y X (default: those that hold 99 %% of the light)",
    )
    parser.add_argument(
        "--defocus-um",
        type=float,
        default=0.0,
        metavar="UM",
        help="distance of the plane from the focus, micrometers (default: 0)",
    )
    measured = parser.add_mutually_exclusive_group()
    measured.add_argument(
        "--measured", metavar="FILE", help="take this image of a PSF instead of computing one"
    )
    measured.add_argument(
        "--beads", metavar="STACK", help="average the beads in this image instead of computing one"
    )
    add_psf_options(parser)


def run(arguments: Namespace) -> int:
    """Compute, load or average the PSF; write it; say its widths and what to know of it."""
    from napari_fidelity.core.image import Image
    from napari_fidelity.imageio import check_target, software_versions, write_image
    from napari_fidelity.simulation.psf import measure_fwhm_um

    output, source = Path(arguments.output), arguments.measured or arguments.beads
    check_target(output, inputs=[source] if source else [])
    psf, made_from = _measure(arguments, source) if source else _compute(arguments)
    image = Image(
        psf.array,
        axes="ZYX"[-psf.array.ndim :],
        scale=psf.scale_um,
        units=("micrometer",) * psf.array.ndim,
        name="PSF",
        provenance={"psf": made_from, "versions": software_versions()},
    )
    write_image(output, image)
    for warning in psf.warnings:
        print_note(f"Note: {warning}")
    sides = spell_shape(psf.array.shape)
    widths = measure_fwhm_um(psf)
    spelled = "×".join(f"{width:.3g}" for width in widths)
    known = f"FWHM {spelled} µm" if not any(map(isnan, widths)) else "too few to measure its FWHM"
    print_note(f"Wrote {output}: {sides} pixels, {known}.")
    return 0


def _compute(arguments: Namespace) -> tuple[Psf, dict[str, object]]:
    from napari_fidelity.simulation.psf import compute_psf

    settings = read_psf_options(arguments)
    scale_um = _read_scale(arguments)
    psf = compute_psf(
        settings, scale_um, defocus_um=arguments.defocus_um, shape=_read_shape(arguments)
    )
    return psf, {**settings.model_dump(mode="json"), "defocus_um": arguments.defocus_um}


def _measure(arguments: Namespace, source: str) -> tuple[Psf, dict[str, object]]:
    from napari_fidelity.simulation.psf import (
        BeadSettings,
        average_beads,
        psf_from_image,
        resample_psf,
    )

    stated = list_stated(arguments)
    if stated or arguments.defocus_um:
        raise UserError(
            f"{(stated or ['--defocus-um'])[0]} is for computed PSFs: leave it out, or leave out "
            "the measured one."
        )
    sizes = {"pixel_size_um": arguments.pixel_size_um, "z_step_um": arguments.z_step_um}
    image, shape = read_input(source), _read_shape(arguments)
    note: dict[str, object] = {"kind": "measured", "path": str(Path(source).resolve())}
    if arguments.beads:
        return average_beads(image, BeadSettings.parse({"shape": shape or ()}), **sizes), note
    psf = psf_from_image(image, **sizes)
    if shape is not None and len(shape) != psf.array.ndim:
        raise UserError(f"--shape has {len(shape)} sides: the PSF has {psf.array.ndim} axes.")
    return resample_psf(psf, psf.scale_um, shape=shape), note


def _read_scale(arguments: Namespace) -> tuple[float, ...]:
    pixel, step = arguments.pixel_size_um, arguments.z_step_um
    if pixel is None:
        raise UserError("How large is a pixel? State it with --pixel-size-um.")
    for flag, size in (("--pixel-size-um", pixel), ("--z-step-um", step)):
        if size is not None and not 0 < size < float("inf"):
            raise UserError(f"{flag} must be more than 0, not {size:g}.")
    shape = arguments.shape
    if shape is not None and len(shape) != (2 if step is None else 3):
        what = "two sides, Y and X" if step is None else "three sides, Z, Y and X"
        hint = "; state --z-step-um for a volume" if step is None else ""
        raise UserError(f"--shape has {len(shape)} number(s): give {what}{hint}.")
    return (pixel, pixel) if step is None else (step, pixel, pixel)


def _read_shape(arguments: Namespace) -> tuple[int, ...] | None:
    shape = arguments.shape
    if shape is None:
        return None
    if any(side < 1 or side % 2 == 0 for side in shape):
        spelled = " ".join(map(str, shape))
        raise UserError(
            f"--shape must be odd numbers, so that the PSF has a middle, not {spelled}."
        )
    return tuple(shape)


PSF = CommandSpec(
    key="psf",
    help="make a point spread function from the optics or from beads",
    add_arguments=add_arguments,
    run=run,
)
