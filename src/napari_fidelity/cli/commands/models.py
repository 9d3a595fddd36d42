"""`models`: the trained models that are here, their cards, their health."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from napari_fidelity.cli.console import print_note
from napari_fidelity.cli.spec import CommandSpec

ROW_FIELDS = ("key", "task", "title", "description", "version", "network", "live", "licence")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the three things one can do with models."""
    actions = parser.add_subparsers(dest="action", metavar="list|show|verify", required=True)
    listing = actions.add_parser("list", help="one line a model")
    listing.add_argument("--task", metavar="TASK", help="only models for this task")
    listing.add_argument("--format", choices=("table", "json"), default="table")
    show = actions.add_parser("show", help="a model's card")
    show.add_argument("model", metavar="KEY|FOLDER")
    verify = actions.add_parser("verify", help="check hashes, weights and the test output")
    verify.add_argument("model", metavar="KEY|FOLDER")


def run(arguments: Namespace) -> int:
    """List, show or verify."""
    actions = {"list": list_rows, "show": show_card, "verify": verify_package}
    return actions[arguments.action](arguments)


def list_rows(arguments: Namespace) -> int:
    """Print a line, or a JSON object, for each model; on stderr what cannot be listed."""
    from napari_fidelity.models import list_models, model_problems

    for problem in model_problems():
        print_note(f"Note: {problem}")
    rows = [
        {field: getattr(manifest, field) for field in ROW_FIELDS}
        for manifest in list_models(arguments.task)
    ]
    if arguments.format == "json":
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    width = max((len(str(row["key"])) for row in rows), default=0)
    for row in rows:
        print(f"{row['key']:{width}}  {row['task']}  {row['description']}")
    return 0


def show_card(arguments: Namespace) -> int:
    """Print a model's card, or its manifest where it has none."""
    from napari_fidelity.models import card_text, find_model, read_manifest

    manifest = read_manifest(find_model(arguments.model))
    print(card_text(arguments.model).strip() or manifest.model_dump_json(indent=2))
    return 0


def verify_package(arguments: Namespace) -> int:
    """Print each check that the package passed; a failed one is a UserError."""
    from napari_fidelity.models import verify_model

    for sentence in verify_model(arguments.model):
        print(sentence)
    print(f"{arguments.model} is in order.")
    return 0


MODELS = CommandSpec(
    key="models",
    help="list the trained models, show a card, verify a package",
    add_arguments=add_arguments,
    run=run,
)
