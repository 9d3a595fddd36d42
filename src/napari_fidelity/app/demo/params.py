"""Settings of the demo."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from napari_fidelity.core.params import Params


class DemoParams(Params):
    """What the demo may be told; every field is an option of the command."""

    out: Path = Field(Path("demo-output"), description="Folder for the results")
    seed: int = Field(1, ge=0, lt=2**63, description="Seed of everything random")
    window: bool = Field(True, description="Open napari and take a screenshot")
    stay: bool = Field(True, description="Leave napari open where there is a real screen")
