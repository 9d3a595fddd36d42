"""What the large button of the Train dock does, by what the run is at. Knows no Qt."""

from __future__ import annotations

from pathlib import Path

from napari_fidelity.models.store import find_package
from napari_fidelity.widgets.train_words import RunPhase

START, STOP, RESUME = "Start training", "Stop", "Resume"
USE, NEW = "Use this model", "New training"
PURPOSES = {
    START: "Starts it in a process of its own: napari may be closed meanwhile",
    STOP: "Ends the step, saves everything and writes the model; it can be resumed",
    RESUME: "Goes on from its last checkpoint",
    USE: "Open the dock in which it works, with this model chosen",
    NEW: "Describe another training",
}
GOING: tuple[RunPhase, ...] = ("starting", "running", "stopping")
NO_MODEL = "The model is written when the training stops or ends; a stopped run can go on"
NO_RUN = "No training is watched: press “Watch another…”."
NO_STEP = "It can be stopped once it has begun."
STOPPING = "It is stopping: the step ends, everything is saved."


def has_model(run: Path | None) -> bool:
    """Whether a run has written its model."""
    return run is not None and find_package(run) is not None


def verb_of(phase: RunPhase, run: Path | None) -> str:
    """What can be done with a run now."""
    if phase in GOING:
        return STOP
    if phase in ("stopped", "failed", "gone"):
        return RESUME
    return USE if has_model(run) else NEW


def why_not(phase: RunPhase, run: Path | None) -> str:
    """Why that cannot be done yet; empty when it can."""
    if run is None:
        return NO_RUN
    if phase == "stopping":
        return STOPPING
    if phase == "starting":
        return NO_STEP
    return ""
