"""`napari-fidelity COMMAND …`: from words to an exit code, never a traceback."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import warnings
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from typing import NoReturn

from napari_fidelity import __version__
from napari_fidelity.cli.catalog import COMMANDS
from napari_fidelity.cli.console import print_note, show_warning
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError

PROGRAM = "napari-fidelity"
DEBUG = "--debug"
USERS_MISTAKE, PROGRAMS_MISTAKE, INTERRUPTED = 2, 1, 130


class Parser(ArgumentParser):
    """A parser whose complaints are sentences like every other."""

    def error(self, message: str) -> NoReturn:
        """Raise the complaint as a `UserError`."""
        raise UserError(f"{message[:1].upper()}{message[1:]}: see {self.prog} --help.")


def main(argv: Sequence[str] | None = None, commands: Mapping[str, CommandSpec] = COMMANDS) -> int:
    """Run the command in `argv`; the exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Words after the program's name. Default: those of the process.
    commands : mapping, optional
        The commands to choose from. Default: all that need no screen.

    Returns
    -------
    int
        0 done, 2 a user's mistake (one sentence on stderr), 130 interrupted, 1 a mistake of the
        program (`--debug` shows where).

    Examples
    --------
    >>> main(["--version"]) == 0
    napari-fidelity ...
    True
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = DEBUG in words
    _replace_unprintable()
    if not debug:
        _quieten_readers()
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            return _run([word for word in words if word != DEBUG], commands)
    except UserError as error:
        print_note(str(error))
        return USERS_MISTAKE
    except KeyboardInterrupt:
        print_note("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PROGRAMS_MISTAKE
    except Exception as error:  # noqa: BLE001 - the last place that can turn it into a sentence
        if debug:
            traceback.print_exc()
        summary = " ".join(str(error).split()) or "no reason given"
        print_note(f"Unexpected {type(error).__name__}: {summary} ({DEBUG} for details).")
        return PROGRAMS_MISTAKE


def _run(words: list[str], commands: Mapping[str, CommandSpec]) -> int:
    if not words or words[0].startswith("-"):
        return _answer_options(words, commands)
    command = commands[words[0]]
    parser = Parser(prog=f"{PROGRAM} {command.key}", description=command.help, allow_abbrev=False)
    command.add_arguments(parser)
    try:
        arguments = parser.parse_args(words[1:])
    except SystemExit as stop:  # --help has been printed
        return int(stop.code or 0)
    return command.run(arguments)


def _answer_options(words: list[str], commands: Mapping[str, CommandSpec]) -> int:
    width = max(len(key) for key in commands)
    lines = [f"  {key:{width}}  {command.help}" for key, command in commands.items()]
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND …",
        description="Synthesize fluorescence images from masks and measure their fidelity.",
        epilog="\n".join(["commands:", *lines, "", f"{PROGRAM} COMMAND --help tells more."]),
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument(DEBUG, action="store_true", help="show where the program went wrong")
    if not words:
        raise UserError(f"Which command? Choose one of {', '.join(commands)}: {PROGRAM} --help.")
    try:
        parser.parse_args(words)
    except SystemExit as stop:
        return int(stop.code or 0)
    raise UserError(f"Which command? Choose one of {', '.join(commands)}: {PROGRAM} --help.")


def _quieten_readers() -> None:
    """Where a chunk is damaged, zarr drops its other reads, which asyncio laments at the end."""
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def _replace_unprintable() -> None:
    """A terminal without σ or × shows a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
