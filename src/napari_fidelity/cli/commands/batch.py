"""`batch`: a recipe run over many files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.options import add_options, read_options
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.data.image_names import list_files

FIELDS = ("resume", "workers")
SOME_FAILED = 1


def add_arguments(parser: ArgumentParser) -> None:
    """Add recipe, files, folder and the fields of `BatchParams`."""
    from napari_fidelity.operations.batch import BatchParams

    parser.add_argument(
        "recipe", metavar="RECIPE", help="a recipe (YAML), or an image whose recipe is taken"
    )
    parser.add_argument(
        "files", metavar="IN", nargs="+", help="images, folders of images, or 'IN/*.tif' in quotes"
    )
    parser.add_argument("--out", metavar="DIR", required=True, help="where the results go")
    add_options(parser, BatchParams, FIELDS)


def run(arguments: Namespace) -> int:
    """Run the recipe on every file; 1 where some failed."""
    from napari_fidelity.operations.batch import BatchParams, run_batch
    from napari_fidelity.operations.recipe import read_recipe

    params = read_options(arguments, BatchParams, FIELDS)
    recipe = read_recipe(arguments.recipe)
    files = list_files(arguments.files)
    outcome = run_batch(recipe, files, arguments.out, params, show_progress())
    kept = f", {outcome.kept} were there" if outcome.kept else ""
    failed = f", {len(outcome.failures)} failed, see failed.csv there" if outcome.failures else ""
    print_note(f"{arguments.out}: {outcome.written} written{kept}{failed}.")
    return SOME_FAILED if outcome.failures else 0


BATCH = CommandSpec(
    key="batch",
    help="run a recipe over many files; --resume goes on after an interruption",
    add_arguments=add_arguments,
    run=run,
)
