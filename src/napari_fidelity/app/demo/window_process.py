"""napari in a process of its own, told what to show and where to leave its picture."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic import Field

from napari_fidelity.core.params import Params

PROGRAM = "napari_fidelity.app.demo.window"
PICTURE_WRITTEN = "picture written"  # the line by which the program tells


class WindowRequest(Params):
    """What the window is to show and do."""

    image: Path = Field(description="File of the real image")
    mask: Path = Field(description="File of its mask")
    generated: Path = Field(description="File of an image to assess beside the new one")
    model: str = Field(description="Model for the Synthesize dock")
    seed: int = Field(description="Seed for the Synthesize dock")
    picture: Path = Field(description="Where the screenshot goes")
    stay: bool = Field(description="Wait for a person to close the window")


def run_window(
    request: WindowRequest, environment: Mapping[str, str], on_picture: Callable[[], None]
) -> None:
    """Open napari as requested, in the environment given; returns when it has ended.

    Parameters
    ----------
    request : WindowRequest
        What to show.
    environment : mapping
        Variables of the process; they name the screen.
    on_picture : callable
        Called when the screenshot is written, while napari may still be open.

    Raises
    ------
    RuntimeError
        napari ended with an error, which it has printed.
    """
    command = [sys.executable, "-m", PROGRAM, request.model_dump_json()]
    with subprocess.Popen(
        command, env=dict(environment), stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout or ():
            if line.strip() == PICTURE_WRITTEN:
                on_picture()
    if process.returncode != 0:
        code = process.returncode
        raise RuntimeError(f"napari ended with exit code {code}, see what it printed above")
