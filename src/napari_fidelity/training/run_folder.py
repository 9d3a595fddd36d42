"""A run as a folder: settings, status, curves, previews, checkpoints. Needs no PyTorch."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import explain_failure, write_atomically
from napari_fidelity.imageio.provenance import software_versions
from napari_fidelity.models.store import RUN_PACKAGE
from napari_fidelity.training.config import FREE_ON_RESUME, TrainConfig, read_config
from napari_fidelity.training.run_status import (
    RunStatus,
    new_status,
    read_status,
    write_status,
)
from napari_fidelity.training.stated_settings import settle_places

RUN_VERSION = 1
IDENTITY = "run.json"


class RunFolder:
    """The files of one training run, for the process that trains and for those that watch it.

    Attributes
    ----------
    path : Path
    config, identity, status, metrics, data_manifest, log, stop, preflight, contact_sheet : Path
        Files; `stop` is there while a stop is asked for.
    previews, checkpoints, package : Path
        Folders.

    Examples
    --------
    >>> RunFolder("run").metrics.name
    'metrics.jsonl'
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).absolute()
        self.config = self.path / "config.yaml"
        self.identity = self.path / IDENTITY
        self.status = self.path / "status.json"
        self.metrics = self.path / "metrics.jsonl"
        self.data_manifest = self.path / "data.csv"
        self.log = self.path / "log.txt"
        self.stop = self.path / "stop"
        self.preflight = self.path / "preflight.txt"
        self.contact_sheet = self.path / "contact_sheet.png"
        self.previews = self.path / "previews"
        self.checkpoints = self.path / "checkpoints"
        self.package = self.path / RUN_PACKAGE
        self._last_status = RunStatus()

    @classmethod
    def create(cls, path: str | Path, config: TrainConfig) -> RunFolder:
        """A new run in a folder that is empty, or that holds a run which never made a step.

        Raises
        ------
        UserError
            The folder holds a run that made steps, a live one, or other files; it cannot be
            written.
        """
        run, config = cls(path), settle_places(config)
        if run.identity.exists():
            run._check_replaceable()
        else:
            run.check_place()
        try:
            run._clear()
            run.path.mkdir(parents=True, exist_ok=True)
            for folder in (run.previews, run.checkpoints):
                folder.mkdir()
            write_status(run.status, new_status(total_steps=config.steps, batch=config.batch))
        except OSError as error:
            raise explain_failure(run.path, error) from error
        run.write_config(config)
        return run

    def write_config(self, config: TrainConfig) -> None:
        """Write the settings, and after them what says that this folder is a run of them."""
        _write_text(self.config, config.to_yaml())
        identity = {
            "version": RUN_VERSION,
            "config_sha256": config.sha256(),
            "fixed_sha256": config.fixed_sha256(),
            "method": config.method.kind,
            "software": software_versions(),
        }
        _write_text(self.identity, json.dumps(identity, indent=1))

    @classmethod
    def open(cls, path: str | Path, config: TrainConfig | None = None) -> RunFolder:
        """The run in a folder.

        Parameters
        ----------
        path : str or Path
            The folder.
        config : TrainConfig, optional
            Settings that it must have been started with, but for `FREE_ON_RESUME`.

        Raises
        ------
        UserError
            There is no run, one of another version of this software, or of other settings.
        """
        run = cls(path)
        identity = run.read_identity()
        if identity.get("version") != RUN_VERSION:
            raise UserError(
                f"{path} holds a run of version {identity.get('version')!r}; this software knows "
                f"version {RUN_VERSION}: start a new run in another folder."
            )
        mine = None if config is None else settle_places(config)
        if mine is not None and not run._is_of(mine, identity):
            name = _find_difference(mine, run.read_config())
            raise UserError(
                f"{path} holds a run of other settings ({name} differs): go on with its own, or "
                "give another folder."
            )
        return run

    def read_identity(self) -> dict[str, Any]:  # Any: JSON
        """What `run.json` says.

        Raises
        ------
        UserError
            There is none, or it is damaged.
        """
        try:
            found = json.loads(self.identity.read_text(encoding="utf-8"))
        except OSError:
            raise UserError(f"{self.path} holds no training run: give the folder of one.") from None
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UserError(f"{self.identity} is damaged: start a new run in another folder.")
        return found

    def read_config(self) -> TrainConfig:
        """The settings of the run."""
        return read_config(self.config)

    def read_status(self) -> RunStatus:
        """Where the run is; what was last read while the file cannot be."""
        self._last_status = read_status(self.status) or self._last_status
        return self._last_status

    def is_alive(self) -> bool:
        """Whether its process writes on."""
        return self.read_status().is_live()

    def check_idle(self) -> None:
        """Refuse a run that another process works on.

        Raises
        ------
        UserError
            It is alive; the sentence names the process.
        """
        status = self.read_status()
        if status.is_live() and status.pid != os.getpid():
            raise UserError(
                f"{self.path} is being worked on by process {status.pid} on {status.host}: stop "
                "that one first, or give another folder."
            )

    def ask_to_stop(self) -> None:
        """Let the run end its step, save and stop."""
        self.stop.touch()

    def read_metrics(
        self, offset: int = 0
    ) -> tuple[list[dict[str, Any]], int]:  # Any: JSON numbers, words, mappings
        """Rows of `metrics.jsonl` from a place on, and the place where the next begin.

        Parameters
        ----------
        offset : int
            In bytes: 0, or what the last call gave.

        Returns
        -------
        (list of dict, int)
            Whole lines only. Where the file has become shorter than `offset`, since a run that is
            resumed removes rows, all rows from the first.
        """
        try:
            with self.metrics.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                start = file.seek(offset if offset <= size else 0)
                text = file.read()
        except OSError:
            return [], offset
        whole = text[: text.rfind(b"\n") + 1]
        return [json.loads(line) for line in whole.splitlines()], start + len(whole)

    def list_previews(self) -> list[Path]:
        """The folders of previews, one for each validation, the first first."""
        return sorted(self.previews.glob("step_*"))

    def check_place(self) -> None:
        """Refuse a folder that holds anything but what a run writes.

        Raises
        ------
        UserError
            A run would remove none of these files, nor mix with them.
        """
        if self.path.exists() and not self._holds_own_alone():
            raise UserError(
                f"{self.path} holds other files: give a new or an empty folder for the run."
            )

    def remove_leftovers(self) -> None:
        """Remove what a killed process was writing."""
        for place in (self.path, self.checkpoints, self.previews):
            for path in (*place.glob(".*.part"), *place.glob(f".{self.package.name}-*")):
                _remove(path)

    def _is_of(self, config: TrainConfig, identity: dict[str, Any]) -> bool:  # Any: JSON
        if identity.get("config_sha256") == config.sha256():
            return True
        # early runs state the whole hash alone
        fixed = identity.get("fixed_sha256") or self.read_config().fixed_sha256()
        return bool(fixed == config.fixed_sha256())

    def _check_replaceable(self) -> None:
        """Whether nothing is lost with the run that is here: it never made a step."""
        self.check_idle()
        if self.read_status().step or any(self.checkpoints.glob("*.pt")):
            raise UserError(
                f"{self.path} holds a run already: resume it, or give another folder for a new one."
            )

    def _list_own(self) -> list[Path]:
        """What a run writes; what says that it is one comes first, and is written last."""
        return [self.identity, self.config, self.status, self.metrics, self.data_manifest,
                self.log, self.stop, self.preflight, self.contact_sheet, self.previews,
                self.checkpoints, self.package]  # fmt: skip

    def _holds_own_alone(self) -> bool:
        """Whether the folder is empty, or was killed while it became a run."""
        own = self._list_own()
        return self.path.is_dir() and all(
            path in own or (path.name.startswith(".") and path.name.endswith(".part"))
            for path in self.path.iterdir()
        )

    def _clear(self) -> None:
        """Remove what a run writes, and nothing else."""
        for path in self._list_own():
            _remove(path)
        if self.path.is_dir():
            self.remove_leftovers()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_text(path: Path, text: str) -> None:
    with write_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _find_difference(mine: TrainConfig, other: TrainConfig) -> str:
    """The first setting in which two differ and must not, as a dotted name."""
    fixed = {"run": set(FREE_ON_RESUME)}
    first, second = (config.model_dump(mode="json", exclude=fixed) for config in (mine, other))
    return _compare(first, second) or "their form"


def _compare(mine: Any, other: Any, place: str = "") -> str:  # Any: JSON
    if isinstance(mine, dict) and isinstance(other, dict):
        for name in (*mine, *other):
            found = _compare(mine.get(name), other.get(name), f"{place}.{name}".lstrip("."))
            if found:
                return found
        return ""
    return "" if mine == other else place
