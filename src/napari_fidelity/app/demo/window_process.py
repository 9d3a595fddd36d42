"""napari in a process of its own, told what to show and where to leave its picture."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from napari_fidelity.core.params import Params

PROGRAM = "napari_fidelity.app.demo.window"


class WindowRequest(Params):
    """What the window is to show and do."""

    image: Path = Field(description="File of the real image")
    mask: Path = Field(description="File of its mask")
    generated: Path = Field(description="File of an image to assess beside the new one")
    model: str = Field(description="Model for the Synthesize dock")
    seed: int = Field(description="Seed for the Synthesize dock")
    picture: Path = Field(description="Where the screenshot goes")
    stay: bool = Field(description="Wait for a person to close the window")


def run_window(request: WindowRequest, environment: Mapping[str, str]) -> Path:
    """Open napari as requested, in the environment given; returns the path of the screenshot.

    Raises
    ------
    RuntimeError
        napari ended with an error, which it has printed.
    """
    command = [sys.executable, "-m", PROGRAM, request.model_dump_json()]
    code = subprocess.run(command, env=dict(environment), check=False).returncode
    if code != 0:
        raise RuntimeError(f"napari ended with exit code {code}, see what it printed above")
    return request.picture
