"""What the reproduction of a paper is asked for, and what it says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_fidelity import __version__
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress

Scale = Literal["smoke", "small", "full"]
SMOKE_NOTE = (
    "**Smoke: simulated images, seconds of training. The numbers say that everything runs, and "
    "nothing else.**"
)


@dataclass(frozen=True)
class ReproduceRequest:
    """What a paper's experiments are run with.

    Parameters
    ----------
    out : Path
        Folder for runs, tables, figures and the report; what a stopped run left is used.
    scale : str
        "smoke": simulated data, no claim; "small": narrow networks, short; "full": the paper's
        settings.
    data : Path, optional
        Folder of the real images; not needed for "smoke".
    minutes : float, optional
        Training time of the main networks at "small" and "smoke"; default: the paper's spec.
    only : str, optional
        The one arm to train, to look at it; the tables are then left out.
    threads : int, optional
        Of the processor for training; default: all cores.
    """

    out: Path
    scale: Scale = "small"
    data: Path | None = None
    minutes: float | None = None
    only: str | None = None
    threads: int | None = None

    def spell_origin(self, key: str) -> str:
        """The line under the title of a report: what wrote it.

        Examples
        --------
        >>> ReproduceRequest(Path("out"), minutes=10).spell_origin("000").split("`")[1]
        'napari-fidelity reproduce 000 --scale small --minutes 10'
        """
        words = f"napari-fidelity reproduce {key} --scale {self.scale}"
        for name, value in (("minutes", self.minutes), ("threads", self.threads)):
            words += "" if value is None else f" --{name} {value:g}"
        return f"*Written by `{words}`, {__version__}.*"

    def require_data(self) -> Path:
        """The folder of images.

        Raises
        ------
        UserError
            None is named, or it is not there.
        """
        if self.data is None:
            raise UserError(f"Scale {self.scale} needs real images: name their folder with --data.")
        if not self.data.is_dir():
            raise UserError(f"There is no folder {self.data}: name that of the images with --data.")
        return self.data


@dataclass(frozen=True)
class PaperSpec:
    """One line of the catalog of papers.

    Parameters
    ----------
    key, title, description : str
        Its number, its reference, and what is done again.
    layout : str
        Which files `--data` must hold.
    arms : tuple of str
        The trainings, by name, in their order.
    run : callable
        `run(request, progress) -> list[Path]`: the files that it wrote, the report first.
    """

    key: str
    title: str
    description: str
    layout: str
    arms: tuple[str, ...]
    run: Callable[[ReproduceRequest, Progress], list[Path]]


def open_out(request: ReproduceRequest) -> Path:
    """The folder of the results, made if need be.

    Raises
    ------
    UserError
        It cannot be made.
    """
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make {request.out}: {error.strerror or error}.") from error
    return request.out
