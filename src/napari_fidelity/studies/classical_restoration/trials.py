"""Runs of methods on fields: each is done once, on disk, and found again after an interruption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock

import napari_fidelity
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.restore import RestoreParams, restore
from napari_fidelity.restoration.spec import RestorationSettings
from napari_fidelity.simulation.psf import PsfSource
from napari_fidelity.studies.classical_restoration.conditions import Condition
from napari_fidelity.studies.classical_restoration.fields import EvidenceField
from napari_fidelity.studies.classical_restoration.scores import score_against_truth

CODE = (  # folders and files
    "metrics",
    "operations/restore.py",
    "operations/restore_blocks.py",
    "operations/restore_job.py",
    "restoration",
    "simulation/psf",
    "studies/classical_restoration/scores.py",
)
DIGITS = 6  # the last ones of float32 depend on the number of threads


@dataclass(frozen=True, eq=False)
class Trial:
    """A method with its settings on a field in a condition; no settings: the input itself."""

    condition: Condition
    field: EvidenceField
    number: int
    settings: RestorationSettings | None
    psf: PsfSource | None

    @property
    def key(self) -> str:
        """Words and a hash that name the trial in the file of trials."""
        settings = self.settings.model_dump(mode="json") if self.settings else None
        psf = self.psf.model_dump(mode="json") if self.psf and _needs_psf(self.settings) else None
        parts = [stamp_code(), stamp_pixels(self.spoil()), settings, psf]
        parts.append(stamp_pixels(self.field.truth))
        text = json.dumps(parts, sort_keys=True)
        stamp = hashlib.sha256(text.encode()).hexdigest()[:16]
        kind = self.settings.kind if self.settings else "input"
        return f"{self.condition.key} {self.field.key} {kind} {stamp}"

    def spoil(self) -> Image:
        """The image that the method gets."""
        return spoil_field(self.condition, self.field, self.number)

    def run(self) -> Image:
        """The image that the method makes."""
        spoilt = self.spoil()
        if self.settings is None:
            return spoilt
        psf = self.psf if _needs_psf(self.settings) else None
        params = RestoreParams(method=self.settings, psf=psf, spatial="plane")
        # A region carries no recipe, which nobody would read.
        region = tuple(slice(0, size) for size in spoilt.shape)
        machine = ComputeSettings(device="cpu", threads=1)
        return restore(spoilt, params, region=region, compute=machine)


@cache
def spoil_field(condition: Condition, field: EvidenceField, number: int) -> Image:
    """The field as the condition leaves it, made once."""
    return condition.spoil(field, number)


@cache
def stamp_pixels(image: Image) -> str:
    """A checksum of the pixels."""
    return hashlib.sha256(image.array.tobytes()).hexdigest()


@cache
def stamp_code() -> str:
    """A checksum of what scores depend on: after a change of it no earlier trial counts."""
    package = Path(napari_fidelity.__file__).parent
    places = [package / name for name in CODE]
    files = sorted(
        path for place in places for path in ([place] if place.is_file() else place.rglob("*.py"))
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _needs_psf(settings: RestorationSettings | None) -> bool:
    from napari_fidelity.restoration.catalog import METHODS

    return settings is not None and METHODS[settings.kind].needs_psf


@dataclass(eq=False)
class TrialFile:
    """Scores by trial, kept in a file of lines that survives an interruption.

    Parameters
    ----------
    path : Path
        Lines of JSON, appended as trials end; a torn last line is ignored.
    """

    path: Path
    scores: dict[str, Mapping[str, float]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if not self.path.is_file():
            return
        text = self.path.read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            with self.path.open("a", encoding="utf-8") as file:
                file.write("\n")  # what comes next is not part of the torn line
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue
            self.scores[entry["trial"]] = entry["scores"]

    def run_all(self, trials: Sequence[Trial], progress: Progress, workers: int) -> None:
        """Do the trials that are not there yet, on `workers` threads and one for BM3D."""
        missing = [trial for trial in trials if trial.key not in self.scores]
        done, stopped = len(trials) - len(missing), False

        def run_next(trial: Trial) -> None:
            if not stopped:
                self._add(trial.key, score_trial(trial))

        with ThreadPoolExecutor(workers) as pool, ThreadPoolExecutor(1) as lane:
            futures = {
                (lane if needs_lane(trial) else pool).submit(run_next, trial): trial
                for trial in missing
            }
            try:
                for future in as_completed(futures):
                    future.result()
                    done, trial = done + 1, futures[future]
                    kind = trial.settings.kind if trial.settings else "input"
                    progress(done, len(trials), f"{trial.condition.title}, {kind}")
            except BaseException:
                stopped = True
                raise

    def _add(self, key: str, scores: Mapping[str, float]) -> None:
        with self.lock:
            self.scores[key] = scores
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"trial": key, "scores": scores}) + "\n")


def needs_lane(trial: Trial) -> bool:
    """Whether it waits for others of its kind: BM3D's library may not be shared by threads."""
    return trial.settings is not None and trial.settings.kind == "bm3d"


def score_trial(trial: Trial) -> Mapping[str, float]:
    """The scores of what the method makes, to the digits that are the same on every run."""
    found = score_against_truth(trial.run(), trial.field.truth)
    return {key: float(f"{value:.{DIGITS}g}") for key, value in found.items()}
