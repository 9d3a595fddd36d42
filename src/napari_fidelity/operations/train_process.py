"""A training in a process of its own: prepared, started, found again; it outlives who started it.

Everything that is known of it lies in its run folder, so that any program can watch it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.yaml_text import read_yaml
from napari_fidelity.imageio.atomic_write import explain_failure, write_atomically
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder

SOURCE = "-source"  # ends the name of the folder beside a run that holds what it was started from
SETTINGS_FILE = "settings.yaml"  # what was asked for; the engine keeps its own copy in the run
OUTPUT_FILE = "output.txt"  # what the process says, of a crash above all
POLITE = 5  # of 19: who looks at images meanwhile goes first
TAIL_BYTES = 8000

_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class FoundRun:
    """A run folder in a list.

    Parameters
    ----------
    path : Path
        The folder.
    title : str
        What its model is called; the folder's name where nobody said.
    changed : float
        When its state was written last, seconds since 1970.
    """

    path: Path
    title: str
    changed: float


def source_folder(folder: Path) -> Path:
    """The folder beside a run that holds its settings, its images and what its process says.

    Examples
    --------
    >>> source_folder(Path("runs/cells")).name
    'cells-source'
    """
    return folder.with_name(folder.name + SOURCE)


def prepare_run(config: TrainConfig, folder: Path) -> Path:
    """Write the settings of a run that will be in `folder` beside it; gives the file's path.

    Raises
    ------
    UserError
        The folder is there already, or nothing can be written.
    """
    if folder.exists():
        raise UserError(f"{folder} is there already: choose another name for the model.")
    source = make_folder(source_folder(folder))
    path = source / SETTINGS_FILE
    with write_atomically(path) as temporary:
        temporary.write_text(config.to_yaml(), encoding="utf-8")
    return path


def train_words(
    folder: Path, *, settings: Path | None = None, resume: bool = False, check: bool = False
) -> list[str]:
    """The words of the command that trains in `folder`, without the program.

    Examples
    --------
    >>> train_words(Path("run-1"), settings=Path("care.yaml"))
    ['train', 'care.yaml', '--out', 'run-1']
    >>> train_words(Path("run-1"), resume=True)
    ['train', '--out', 'run-1', '--resume']
    """
    words = ["train"] + ([] if settings is None else [str(settings)]) + ["--out", str(folder)]
    return words + ["--resume"] * resume + ["--check"] * check


def start_training(folder: Path, *, resume: bool = False) -> int:
    """Start the run that `prepare_run` wrote, or go on with one that ended; gives the process.

    The process is no child that dies with this program: closing a window or a terminal leaves it
    going. What it says goes into a file beside the run. It has a low priority.

    Raises
    ------
    UserError
        There are no settings, or no process can be started.
    """
    source = make_folder(source_folder(folder))
    settings = None if resume else source / SETTINGS_FILE
    if settings is not None and not settings.is_file():
        raise UserError(f"{settings} is missing: prepare the run first.")
    reap_ended()
    words = train_words(folder, settings=settings, resume=resume)
    try:
        with (source / OUTPUT_FILE).open("ab") as output:
            process = _spawn(words, output.fileno())
    except OSError as error:
        raise UserError(f"The training cannot be started: {error.strerror or error}.") from error
    _started.append(process)
    return process.pid


def stop_training(folder: Path) -> None:
    """Ask a run to end its step, to save and to stop.

    Raises
    ------
    UserError
        There is no run any more, or the wish cannot be written.
    """
    try:
        RunFolder.open(folder).ask_to_stop()
    except OSError as error:
        raise explain_failure(folder, error) from error


def python_words() -> list[str]:
    """The words that start this program, whatever is on the path."""
    return [sys.executable, "-m", "napari_fidelity"]


def reap_ended() -> None:
    """Let processes of ours that ended go; else their numbers would look alive."""
    _started[:] = [process for process in _started if process.poll() is None]


def list_runs(folder: Path, most: int = 12) -> list[FoundRun]:
    """The runs in the sub-folders of `folder`, the one that changed last first."""
    runs = []
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                runs.append((_changed(path), path))
    runs.sort(reverse=True)
    return [FoundRun(path, _title(path), changed) for changed, path in runs[:most]]


def free_folder(parent: Path, name: str) -> Path:
    """A folder in `parent` that is not there yet: `name`, else `name-2` and so on.

    Examples
    --------
    >>> import tempfile
    >>> parent = Path(tempfile.mkdtemp())
    >>> (parent / "cells").mkdir()
    >>> free_folder(parent, "cells").name, free_folder(parent, "nuclei").name
    ('cells-2', 'nuclei')
    """
    path, number = parent / name, 1
    while path.exists() or source_folder(path).exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def make_folder(folder: Path) -> Path:
    """Make `folder` and those above it where they are not there; gives it.

    Raises
    ------
    UserError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain_failure(folder, error) from error
    return folder


def last_words(folder: Path) -> str:
    """The ends of the files in which a run says what happens, for who wants to know why it ended.

    Files that are not there are left out.
    """
    parts = []
    for path in (RunFolder(folder).log, source_folder(folder) / OUTPUT_FILE):
        with suppress(OSError):
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                text = file.read().decode("utf-8", "replace").strip()
            if text:
                parts.append(f"── {path} ──\n{text}")
    return "\n\n".join(parts)


def _spawn(words: list[str], output: int) -> subprocess.Popen[bytes]:
    command = [*python_words(), *words]
    if sys.platform == "win32":
        flags = (
            subprocess.CREATE_NO_WINDOW
            | subprocess.CREATE_NEW_PROCESS_GROUP
            | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        )
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            creationflags=flags,
        )
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
    )
    with suppress(OSError):  # it goes on at the usual priority
        os.setpriority(os.PRIO_PROCESS, process.pid, POLITE)
    return process


def _changed(path: Path) -> float:
    """When the run in `path` changed last; OSError where there is none."""
    run = RunFolder(path)
    changed = run.identity.stat().st_mtime
    with suppress(OSError):
        return max(changed, run.status.stat().st_mtime)
    return changed


def _title(path: Path) -> str:
    """What the settings call the model, told from one line: reading them all takes a while."""
    with suppress(OSError, UserError, UnicodeDecodeError):
        text = RunFolder(path).config.read_text(encoding="utf-8")
        _, _, model = f"\n{text}".partition("\nmodel:\n")
        for line in model.splitlines():
            if line.startswith("  title:"):
                return str(read_yaml(line.strip(), name=str(path))["title"])
    return path.name
