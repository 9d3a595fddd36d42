"""What a run does or did, in one sentence, and what a person can do now. Knows no Qt."""

from __future__ import annotations

import socket
from typing import Literal

from napari_fidelity.core.amount_text import spell_time
from napari_fidelity.training.run_status import RunStatus
from napari_fidelity.widgets.metric_words import spell_number
from napari_fidelity.widgets.remaining_time import spell_remaining
from napari_fidelity.widgets.train_reader import Snapshot
from napari_fidelity.widgets.train_terms import spell_metric

RunPhase = Literal[
    "missing", "starting", "running", "stopping", "stopped", "finished", "failed", "gone"
]
STARTING = "Starting: loading the software, looking at the images…"
PREPARING = "Looking at the images…"
STOPPING = "Stopping: it ends the step and saves."
GONE = (
    "The training ended without a word{place}; most often memory ran out. Press Resume: it goes "
    "on from its last checkpoint."
)
NO_BREAK = "\u00a0"


def phase_of(snapshot: Snapshot) -> RunPhase:
    """What the run is at."""
    status = snapshot.status
    if status is None:
        return "starting" if snapshot.is_alive and not snapshot.problem else "missing"
    if snapshot.is_alive:
        if snapshot.is_stopping:
            return "stopping"
        return "starting" if status.state == "preparing" else "running"
    if status.state in ("stopped", "finished", "failed"):
        return status.state
    return "gone"


def describe_run(snapshot: Snapshot) -> str:
    """The run's state for a person: "Step 1 200 of 20 000 · 14 min left · best SFM 0.830 …"."""
    phase, status = phase_of(snapshot), snapshot.status
    if snapshot.problem or status is None:
        return snapshot.problem or STARTING
    place = f"step {spell_count(status.step)} of {spell_count(status.total_steps)}"
    best = spell_best(status)
    if phase == "starting":
        return status.message or PREPARING
    if phase == "running":
        parts = [place, spell_time_left(status), best, *_spell_parts(status), _spell_host(status)]
        return _join(parts)
    if phase == "stopping":
        return _join([STOPPING.rstrip("."), place])
    if phase == "gone":
        return GONE.format(place=f" at {place}" if status.step else "")
    if phase == "failed":
        return status.message or f"The training failed at {place}."
    if phase == "finished":
        done = f"finished: {spell_count(status.step)} steps in {spell_time(status.seconds)}"
        return _join([done, best])
    return _join([f"stopped at {place}", best, "Resume goes on from here"])


def spell_best(status: RunStatus) -> str:
    """The best checkpoint: "best SFM 0.830 at step 1 000"; empty before the first."""
    key, value = status.best.get("key"), status.best.get("value")
    if not isinstance(key, str) or not isinstance(value, int | float):
        return ""
    step = status.best.get("step")
    where = f" at step {spell_count(step)}" if isinstance(step, int) else ""
    return f"best {spell_metric(key.lstrip('-'))} {spell_number(float(value))}{where}"


def spell_time_left(status: RunStatus) -> str:
    """The time that is left; empty where nobody knows."""
    return "" if status.remaining_s is None else spell_remaining(status.remaining_s)


def spell_count(number: int) -> str:
    """A whole number that can be read.

    Examples
    --------
    >>> spell_count(1200).replace(NO_BREAK, " "), spell_count(999)
    ('1 200', '999')
    """
    return f"{number:,}".replace(",", NO_BREAK)


def _spell_parts(status: RunStatus) -> list[str]:
    """Said where memory did not suffice for a batch at once."""
    if status.accumulate <= 1:
        return []
    return [f"batch of {status.batch} in {status.accumulate} parts: memory is short"]


def _spell_host(status: RunStatus) -> str:
    return "" if status.host in ("", socket.gethostname()) else f"on {status.host}"


def _join(parts: list[str]) -> str:
    line = " · ".join(part for part in parts if part)
    return f"{line[:1].upper()}{line[1:]}"
