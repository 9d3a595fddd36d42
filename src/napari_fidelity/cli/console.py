"""What a command tells on stderr while its result goes to stdout."""

from __future__ import annotations

import sys
import warnings
from typing import TextIO

from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import ReadWarning

LINE_WIDTH = 60


def print_note(text: str) -> None:
    """Print a sentence on stderr."""
    print(text, file=sys.stderr, flush=True)


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning as `warnings.showwarning` does, but what concerns a file as a sentence."""
    if issubclass(category, ReadWarning):
        print_note(f"Note: {message}")
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)


def show_progress() -> Progress:
    """Progress in one line of stderr that is overwritten; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        return Progress()
    return Progress(_draw)


def _draw(done: int, total: int, text: str) -> None:
    line = f"{text} {done}/{total}"[:LINE_WIDTH].ljust(LINE_WIDTH)
    if done >= total:
        line = " " * LINE_WIDTH + "\r"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)
