"""What a command says about itself."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class CommandSpec:
    """One line of the catalog of commands.

    Parameters
    ----------
    key : str
        What is typed after `napari-fidelity`.
    help : str
        One line for the list of commands.
    add_arguments : callable
        Adds what the command takes to its parser; called only when the command was typed.
    run : callable
        Does it and returns the exit code; raises UserError for a user's mistake.
    """

    key: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]
