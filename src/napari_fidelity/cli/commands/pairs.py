"""`pairs`: a training set of degraded and clean images."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.data.image_names import list_files

FIELDS = ("copies", "validation_share", "test_share", "resume", "workers")
SOME_FAILED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Add the clean images, the folder, and the fields of the degradation and of the set."""
    from napari_fidelity.cli.commands.degrade import add_degradation
    from napari_fidelity.operations.pairs import PairsParams

    parser.add_argument(
        "files",
        metavar="FOLDER",
        nargs="+",
        help="clean images: a folder of them, files, or 'IN/*.tif' in quotes",
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="where the set goes")
    add_degradation(parser)
    add_options(parser, PairsParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Degrade every image; 1 where some failed."""
    from napari_fidelity.cli.commands.degrade import read_degradation
    from napari_fidelity.operations.pairs import PairsParams, make_pairs

    params = read_options(arguments, PairsParams, FIELDS, degrade=read_degradation(arguments))
    outcome = make_pairs(list_files(arguments.files), arguments.out, params, show_progress())
    counts = Counter(pair.split for pair in outcome.pairs)
    splits = ", ".join(f"{count} {split}" for split, count in counts.items())
    failed = f", {len(outcome.failures)} failed, see failed.csv there" if outcome.failures else ""
    told = f" ({splits})" if splits else ""
    print_note(f"{arguments.out}: {len(outcome.pairs)} pairs{told}{failed}.")
    return SOME_FAILED if outcome.failures else 0


PAIRS = CommandSpec(
    key="pairs",
    help="make a training set: degraded inputs and clean targets",
    add_arguments=add_arguments,
    run=run,
)
