"""Which run was watched last: a small file beside napari's settings, read when a dock opens."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari.settings import get_settings

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import write_atomically

FILE = "napari-fidelity-training.json"


@dataclass(frozen=True)
class WatchedRun:
    """A run to come back to.

    Parameters
    ----------
    folder : Path
        There or not.
    is_over : bool
        Whether a person has seen how it ended.
    """

    folder: Path
    is_over: bool = False


_of_session: list[WatchedRun] = []  # where napari keeps no settings


def remember_run(run: WatchedRun) -> None:
    """Keep a run as the one to come back to."""
    if recall_run() == run:
        return
    _of_session[:] = [run]
    path = _file()
    if path is None:
        return
    text = json.dumps({"run": str(run.folder), "is_over": run.is_over})
    with suppress(OSError, UserError):  # a read-only home: only this session remembers
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_atomically(path) as temporary:
            temporary.write_text(text, encoding="utf-8")


def recall_run() -> WatchedRun | None:
    """The run that was watched last; None when there was none."""
    if _of_session:
        return _of_session[0]
    path = _file()
    if path is None:
        return None
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        run = found.get("run") if isinstance(found, dict) else None
        if isinstance(run, str) and run:
            return WatchedRun(Path(run), bool(found.get("is_over")))
    return None


def _file() -> Path | None:
    """Beside napari's settings; None where they are kept in no file."""
    settings = get_settings().config_path
    return None if settings is None else Path(settings).with_name(FILE)
