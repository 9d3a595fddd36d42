"""`restore`: an image file with its blur undone or its noise removed."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.outputs import check_output, read_input, write_output
from napari_fidelity.cli.psf_options import add_psf_options, list_stated, read_psf_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.lent_frame import know_axes

if TYPE_CHECKING:
    from napari_fidelity.core.image import Image
    from napari_fidelity.inference.lazy_arrays import Target
    from napari_fidelity.operations.restore import RestoreParams
    from napari_fidelity.simulation.psf import MeasuredPsf, PsfSource

FIELDS = ("spatial", "times", "pixel_size_um", "z_step_um", "dtype", "tile_px")
MACHINE = ("device", "threads")
PACKED_BYTES = 4 << 20  # of a PSF, in the recipe of every result
LONG_WORD = 60  # characters: more is for the provenance alone


def add_arguments(parser: ArgumentParser) -> None:
    """Add input, output, method, PSF and the fields of `RestoreParams`."""
    from napari_fidelity.cli.method_options import add_method_options
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.restore import RestoreParams

    parser.add_argument("image", metavar="IN", help="image: TIFF, PNG, .npy or Zarr")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="the image to write: OUT.ome.tif, or OUT.zarr for what memory cannot hold",
    )
    add_method_options(parser)
    parser.add_argument(
        "--psf",
        metavar="FILE",
        help="image of the PSF, or its settings as JSON text that begins with a brace; instead, "
        "state the optics",
    )
    add_psf_options(parser)
    add_options(parser, RestoreParams, FIELDS)
    add_options(parser, ComputeSettings, MACHINE)


def run(arguments: Namespace) -> int:
    """Read the image, restore it, write the result with its provenance."""
    from napari_fidelity.cli.method_options import read_method
    from napari_fidelity.inference.settings import ComputeSettings
    from napari_fidelity.operations.restore import RestoreParams, restore

    output = Path(arguments.output)
    is_file = arguments.psf is not None and not arguments.psf.startswith("{")
    check_output(output, [arguments.image, *([arguments.psf] if is_file else [])])
    params = read_options(
        arguments, RestoreParams, FIELDS, method=read_method(arguments), psf=read_psf(arguments)
    )
    compute = read_options(arguments, ComputeSettings, MACHINE)
    image = read_input(arguments.image)
    params = lend_pixel_size(params, image)

    def make(target: Target | None) -> Image:
        return restore(
            image,
            params,
            show_progress(),
            source_path=arguments.image,
            target=target,
            compute=compute,
        )

    result = write_output(output, image.shape, params.dtype or "float32", make)
    warnings = result.provenance.get("psf", {}).get("warnings", ())
    for told in (*warnings, *result.provenance.get("notes", ())):
        print_note(f"Note: {told}")
    if params.psf is not None and "psf" not in result.provenance:
        print_note("Note: This method undoes no known blur: the PSF is not used.")
    found = spell_found(result.provenance["found"])
    print_note(f"Wrote {output}: {result.name}{f' ({found})' if found else ''}.")
    return 0


def lend_pixel_size(params: RestoreParams, image: Image) -> RestoreParams:
    """The settings with the PSF's pixel size where the image states none; that is told.

    A PSF from a file lies on pixels of a known size; images without one would else be refused.
    """
    sizes = getattr(params.psf, "scale_um", ())
    in_plane = {image.axes.index("Y"), image.axes.index("X")}
    known = know_axes(image) & in_plane or params.pixel_size_um is not None
    if known or not sizes or sizes[-1] != sizes[-2]:
        return params
    print_note(
        f"Note: {image.name} does not say its pixel size: that of the PSF, {sizes[-1]:g} µm, is "
        "taken."
    )
    return params.model_copy(update={"pixel_size_um": sizes[-1]})


def spell_found(found: Mapping[str, object]) -> str:
    """What a method found, for reading: numbers rounded, long texts such as kernels left out.

    Examples
    --------
    >>> spell_found({"noise_sd": 20.23745, "iterations": 30, "blur": "0 " * 81})
    'noise sd: 20.24, iterations: 30'
    """
    words = {
        key: f"{value:.4g}" if isinstance(value, float) else str(value)
        for key, value in found.items()
    }
    return ", ".join(
        f"{key.replace('_', ' ')}: {word}" for key, word in words.items() if len(word) <= LONG_WORD
    )


def read_psf(arguments: Namespace) -> PsfSource | None:
    """What the options say of the PSF; None where they say nothing.

    Raises
    ------
    UserError
        Both a PSF and optics are given, or what is given cannot be used.
    """
    from napari_fidelity.simulation.psf import parse_psf

    stated = list_stated(arguments)
    if arguments.psf is None:
        return read_psf_options(arguments) if stated else None
    if stated:
        raise UserError(
            f"--psf gives the PSF and {stated[0]} its optics: leave out one of the two."
        )
    if not arguments.psf.startswith("{"):
        return load_measured(arguments.psf)
    try:
        return parse_psf(json.loads(arguments.psf))
    except json.JSONDecodeError:
        raise UserError(f"--psf {arguments.psf} is no JSON text: quote it.") from None


def load_measured(path: str) -> MeasuredPsf:
    """The PSF in a file, with its pixels in the settings unless they are many.

    One that does not know its pixel size gets that of the image, which is then told.
    """
    from napari_fidelity.simulation.psf import MeasuredPsf, pack_psf, psf_from_image
    from napari_fidelity.simulation.psf.measured import hash_file

    image = read_input(path)
    sized = bool(know_axes(image))
    assumed = None if sized else 1.0
    psf = psf_from_image(image, pixel_size_um=assumed, z_step_um=assumed)
    scale_um = psf.scale_um if sized else ()
    if psf.array.nbytes <= PACKED_BYTES or Path(path).is_dir():
        return pack_psf(psf).model_copy(update={"scale_um": scale_um})
    place = str(Path(path).resolve())
    return MeasuredPsf(path=place, sha256=hash_file(path), scale_um=scale_um)


RESTORE = CommandSpec(
    key="restore",
    help="undo blur or remove noise by a classical method or a trained model",
    add_arguments=add_arguments,
    run=run,
)
