"""What a run's folder says now, read on a thread: state, curves, pictures. Knows no Qt."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.train_process import last_words, reap_ended
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import RunStatus, has_process, read_status
from napari_fidelity.widgets.train_history import LOSS, RATE, SCORE, Curve, TrainHistory
from napari_fidelity.widgets.train_pictures import PictureReader, Pictures

# JSON is read while Python's lock is held: after each piece the thread that draws gets its turn
PIECE_ROWS, PAUSE_S = 40, 0.001
MOST_BYTES = 3_000_000  # at a time; a long history comes in several readings

STRETCHES = 100  # of a loss: single steps are noise, their band shows it

Scores = dict[str, dict[str, float]]  # by preview, by metric


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A run at one moment.

    Parameters
    ----------
    folder : Path
        Where it lies.
    status : RunStatus or None
        None where there is no run, or none yet.
    config : TrainConfig or None
        Its settings, once they can be read.
    is_alive, is_stopping : bool
        Whether its process writes on, and whether it was asked to stop.
    problem : str
        Why the folder cannot be watched; empty when it can.
    losses, rates, scores : tuple of Curve
        Thinned; scores are the validation metrics, those of the untouched input among them.
    first, latest, step_before, before : scores of the previews
        At the first and the last validation with previews, and at the one before the last.
    latest_step : int
        The step of `latest`; -1 before the first.
    pictures : Pictures or None
        The previews, where they were asked for and are others than before.
    details : str
        The last words of a run that failed or that ended without a word.
    is_complete : bool
        Whether all rows have been read; if not, the next reading goes on.
    """

    folder: Path
    status: RunStatus | None = None
    config: TrainConfig | None = None
    is_alive: bool = False
    is_stopping: bool = False
    problem: str = ""
    losses: tuple[Curve, ...] = ()
    rates: tuple[Curve, ...] = ()
    scores: tuple[Curve, ...] = ()
    first: Scores = field(default_factory=dict)
    before: Scores = field(default_factory=dict)
    latest: Scores = field(default_factory=dict)
    latest_step: int = -1
    pictures: Pictures | None = None
    details: str = ""
    is_complete: bool = True

    def score(self, key: str) -> Curve | None:
        """A validation metric's curve."""
        return next((curve for curve in self.scores if curve.key == key), None)


class RunReader:
    """Reads a run again and again; each time only what is new.

    Parameters
    ----------
    folder : Path
        The run.
    pid : int
        The process that was started for it, where the run may not be there yet.
    """

    def __init__(self, folder: Path, pid: int = 0) -> None:
        self.folder = folder
        self._run, self._pid = RunFolder(folder), pid
        self._config: TrainConfig | None = None
        self._pictures = PictureReader(self._run)
        self._begin()

    def read(self, *, wants_pictures: bool = False) -> Snapshot:
        """The run now. Takes its time where much is new; never raises for what a run may hold."""
        reap_ended()
        try:
            return self._read(wants_pictures)
        except UserError as error:
            return Snapshot(self.folder, problem=str(error), details=last_words(self.folder))

    def show_again(self) -> None:
        """Give the newest pictures again at the next reading."""
        self._pictures.forget()

    def _read(self, wants_pictures: bool) -> Snapshot:
        if not self._run.identity.exists():
            return self._read_nothing()
        if self._config is None:
            RunFolder.open(self.folder)
            self._config = self._run.read_config()
        status = read_status(self._run.status) or RunStatus()
        is_complete = self._read_rows()
        alive, problem = status.is_live(), ""
        if self._pid and status.pid != self._pid and not alive:  # it is resumed by us
            alive = has_process(self._pid)
            status = status.model_copy(
                update={"state": "preparing", "message": ""} if alive else {}
            )
            problem = "" if alive else self._say_not_started()
        has_ended_badly = not alive and status.state not in ("stopped", "finished")
        snapshot = replace(
            self._curves,
            status=status,
            config=self._config,
            is_alive=alive,
            is_stopping=alive and self._run.stop.exists(),
            problem=problem,
            details=last_words(self.folder) if has_ended_badly or problem else "",
            is_complete=is_complete,
        )
        if wants_pictures:
            snapshot = replace(snapshot, pictures=self._pictures.read())
        return snapshot

    def _read_nothing(self) -> Snapshot:
        """No run: it is being started, could not be started, or was deleted."""
        if self._config is not None:
            self._begin()
            raise UserError(f"The run folder {self.folder} is not there any more: it was deleted.")
        if self._pid and has_process(self._pid):
            return Snapshot(self.folder, is_alive=True)
        if self._pid:
            problem, words = self._say_not_started(), last_words(self.folder)
            return Snapshot(self.folder, problem=problem, details=words)
        raise UserError(f"{self.folder} holds no training run: choose the folder of one.")

    def _say_not_started(self) -> str:
        words = last_words(self.folder)
        line = words.splitlines()[-1].strip() if words else ""
        return f"The training did not start. {line}".strip()

    def _begin(self) -> None:
        """Forget all rows."""
        self._history, self._offset, self._inode = TrainHistory(), 0, 0
        self._curves = Snapshot(self.folder)

    def _read_rows(self) -> bool:
        """Take in new rows; whether there are no more."""
        try:
            found = self._run.metrics.stat()
        except OSError:
            return True
        is_other = self._inode not in (0, found.st_ino) or found.st_size < self._offset
        if is_other and self._offset:
            self._begin()  # a run that is resumed removes rows
        self._inode = found.st_ino
        text = b""
        with suppress(OSError), self._run.metrics.open("rb") as file:
            file.seek(self._offset)
            text = file.read(MOST_BYTES)
            whole = text[: text.rfind(b"\n") + 1]
            if whole:
                self._take(whole.splitlines())
                self._offset += len(whole)
        return len(text) < MOST_BYTES

    def _take(self, lines: list[bytes]) -> None:
        for start in range(0, len(lines), PIECE_ROWS):
            rows = [row for line in lines[start : start + PIECE_ROWS] if (row := _parse(line))]
            if self._history.goes_back(rows):
                self._history = TrainHistory()
            self._history.add(rows)
            time.sleep(PAUSE_S)
        self._curves = self._thin()

    def _thin(self) -> Snapshot:
        history = self._history

        def curves(prefix: str, most: int = 300) -> tuple[Curve, ...]:
            return tuple(history.curve(key, most) for key in history.keys(prefix))

        previews = history.previews
        return Snapshot(
            self.folder,
            losses=curves(LOSS, STRETCHES),
            rates=curves(RATE),
            scores=curves(SCORE),
            first=previews[0][1] if previews else {},
            before=previews[-2][1] if len(previews) > 1 else {},
            latest=previews[-1][1] if previews else {},
            latest_step=previews[-1][0] if previews else -1,
        )


def _parse(line: bytes) -> dict[str, Any] | None:  # Any: JSON
    """A row; None for what is no row."""
    with suppress(ValueError):
        row = json.loads(line)
        if isinstance(row, dict):
            return row
    return None
