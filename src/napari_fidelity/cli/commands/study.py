"""`study`: the evidence behind the documentation, made again from the images."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.progress import Progress

TOLD_SHARE = 20  # where stderr is no terminal: a line for each twentieth


def add_arguments(parser: ArgumentParser) -> None:
    """Add the study, where its images are, and where its tables go."""
    from napari_fidelity.studies.catalog import STUDIES

    known = "; ".join(f"{spec.key}: {spec.description}" for spec in STUDIES.values())
    parser.add_argument("study", metavar="STUDY", help=known)
    parser.add_argument("--data", required=True, metavar="FOLDER", help="the folder of real images")
    parser.add_argument(
        "--out",
        required=True,
        metavar="FOLDER",
        help="tables and figure; a run that was stopped goes on from what lies there",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a few fields only, to see it work: its numbers are no evidence",
    )


def run(arguments: Namespace) -> int:
    """Run the study; print what it wrote."""
    from napari_fidelity.studies.catalog import STUDIES
    from napari_fidelity.studies.spec import StudyRequest

    study = STUDIES[arguments.study]
    request = StudyRequest(Path(arguments.data), Path(arguments.out), arguments.quick)
    for path in study.run(request, tell_progress()):
        print(path)
    return 0


def tell_progress() -> Progress:
    """Progress in one line of a terminal; elsewhere, such as in a log, now and then a line."""
    if sys.stderr.isatty():
        return show_progress()
    told = -1

    def tell(done: int, total: int, text: str) -> None:
        nonlocal told
        share = TOLD_SHARE * done // max(total, 1)
        if share > told:
            told = share
            print_note(f"{done / max(total, 1):.0%} {text}")

    return Progress(tell)


STUDY = CommandSpec(
    key="study",
    help="make the evidence of the documentation again from real images",
    add_arguments=add_arguments,
    run=run,
)
