"""`reproduce`: the experiments of a paper, run again and set beside its numbers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from napari_fidelity.cli.commands.study import tell_progress
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

SCALES = ("smoke", "small", "full")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the paper, how large, the images, where results go, and how long."""
    from napari_fidelity.studies.papers import PAPERS

    known = "; ".join(f"{spec.key}: {spec.title}: {spec.description}" for spec in PAPERS.values())
    layout = "; ".join(f"{spec.key}: {spec.layout}" for spec in PAPERS.values())
    parser.add_argument("paper", metavar="PAPER", help=known)
    parser.add_argument(
        "--scale",
        choices=SCALES,
        default="small",
        help="smoke: simulated images, a minute, no claim; small: narrow networks, minutes a "
        "training; full: the paper's settings (default: small)",
    )
    parser.add_argument("--data", metavar="FOLDER", help=f"the folder of real images. {layout}")
    parser.add_argument(
        "--out",
        required=True,
        metavar="FOLDER",
        help="runs, tables, figures, report; a run that was stopped goes on from what lies there",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="smoke and small: training time of each main network (default: 10 at small)",
    )
    parser.add_argument(
        "--only", metavar="ARM", help="train this one alone and show it on validation images"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="of the processor, for training")


def run(arguments: Namespace) -> int:
    """Run the experiments; print what was written."""
    from napari_fidelity.studies.papers import PAPERS
    from napari_fidelity.studies.reproduction import ReproduceRequest

    paper = PAPERS[arguments.paper]
    if arguments.minutes is not None and arguments.minutes <= 0:
        raise UserError(f"--minutes must be more than 0, not {arguments.minutes:g}.")
    if arguments.threads is not None and arguments.threads < 1:
        raise UserError(f"--threads must be 1 or more, not {arguments.threads}.")
    request = ReproduceRequest(
        out=Path(arguments.out),
        scale=arguments.scale,
        data=Path(arguments.data) if arguments.data else None,
        minutes=arguments.minutes,
        only=arguments.only,
        threads=arguments.threads,
    )
    for path in paper.run(request, tell_progress()):
        print(path)
    return 0


REPRODUCE = CommandSpec(
    key="reproduce",
    help="run the experiments of a paper again, ours beside its numbers",
    add_arguments=add_arguments,
    run=run,
)
