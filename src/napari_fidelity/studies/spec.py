"""What a study says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.progress import Progress


@dataclass(frozen=True)
class StudyRequest:
    """What a study is run with.

    Parameters
    ----------
    data : Path
        Folder of the real images.
    out : Path
        Folder for tables and figures; what an interrupted run left there is used.
    quick : bool
        A few fields and settings only, to see it work; its numbers are no evidence.
    """

    data: Path
    out: Path
    quick: bool = False


@dataclass(frozen=True)
class StudySpec:
    """One line of the catalog of studies.

    Parameters
    ----------
    key, title, description : str
        Its name in the command line, its name for people, and what it asks.
    run : callable
        `run(request, progress) -> list[Path]`: the files that it wrote.
    """

    key: str
    title: str
    description: str
    run: Callable[[StudyRequest, Progress], list[Path]]
