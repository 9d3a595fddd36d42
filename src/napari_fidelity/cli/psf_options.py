"""Options of a command that state the optics of a PSF, and the settings made from them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from napari_fidelity.cli.options import add_options, read_options

if TYPE_CHECKING:
    from napari_fidelity.simulation.psf import PsfSettings

# What is engraved on objectives and filters is known by shorter names.
FLAGS = {
    "numerical_aperture": "--na",
    "emission_nm": "--wavelength-nm",
    "immersion_index": "--refractive-index",
}


def add_psf_options(parser: ArgumentParser) -> None:
    """Add an option for each setting of the optics, and `--objective` for those of a preset."""
    from napari_fidelity.simulation.psf import OBJECTIVES, PsfSettings

    group = parser.add_argument_group("optics")
    group.add_argument(
        "--objective",
        metavar="KEY",
        help=f"aperture and immersion of a usual objective: {', '.join(OBJECTIVES)}",
    )
    add_options(parser, PsfSettings, _list_fields(), **FLAGS)


def list_stated(arguments: Namespace) -> list[str]:
    """Options of the optics that were given, as they are typed."""
    names = ["objective", *_list_fields()]
    given = [name for name in names if getattr(arguments, name) is not None]
    return [FLAGS.get(name, "--" + name.replace("_", "-")) for name in given]


def read_psf_options(arguments: Namespace) -> PsfSettings:
    """Settings from the options; one that is stated goes before the objective's.

    Raises
    ------
    UserError
        A value is out of range, no such objective, or the aperture is above an index.

    Examples
    --------
    >>> parser = ArgumentParser()
    >>> add_psf_options(parser)
    >>> words = ["--objective", "60x-1.2-water", "--wavelength-nm", "600"]
    >>> settings = read_psf_options(parser.parse_args(words))
    >>> settings.numerical_aperture, settings.immersion_index, settings.emission_nm
    (1.2, 1.333, 600.0)
    """
    from napari_fidelity.simulation.psf import OBJECTIVES, PsfSettings, check_optics

    start = PsfSettings()
    if arguments.objective is not None:
        start = OBJECTIVES[arguments.objective].apply(start)
    fields = _list_fields()
    kept = {name: getattr(start, name) for name in fields if getattr(arguments, name) is None}
    settings = read_options(arguments, PsfSettings, fields, **kept)
    check_optics(settings)
    return settings


def _list_fields() -> list[str]:
    from napari_fidelity.simulation.psf import PsfSettings

    return [name for name in PsfSettings.model_fields if name != "kind"]
