"""Writes the page of evidence of the training methods from finished runs.

python tools/method_evidence.py docs/evidence/training-methods/tables.md RUN [RUN …]
    [--command NAME="napari-fidelity …" …]
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from napari_fidelity.studies.method_evidence import write_evidence


def main() -> None:
    """Read the words of the command line and write the page."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--command", action="append", default=[], metavar="NAME=TEXT")
    arguments = parser.parse_args()
    commands = dict(text.split("=", 1) for text in arguments.command)
    write_evidence(arguments.page, arguments.runs, commands)


if __name__ == "__main__":
    main()
