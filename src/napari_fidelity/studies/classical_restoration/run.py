"""The study of classical restoration, from images to tables and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from napari_fidelity import __version__
from napari_fidelity.core.cores import count_cores
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.metrics import measure
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.restoration.gaussian import GaussianSettings, run_gaussian
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES
from napari_fidelity.studies.classical_restoration.conditions import (
    CLEAN,
    CONDITIONS,
    PAIRS,
    W2S,
    Condition,
)
from napari_fidelity.studies.classical_restoration.failures import FailureTrials, plan_failures
from napari_fidelity.studies.classical_restoration.fields import (
    EvidenceField,
    read_clean_fields,
    read_hagen_pairs,
    read_w2s_pairs,
    read_w2s_whole,
)
from napari_fidelity.studies.classical_restoration.scores import fit_to_truth
from napari_fidelity.studies.classical_restoration.tables import (
    format_condition,
    format_failures,
    format_findings,
    format_rows,
    format_whole,
)
from napari_fidelity.studies.classical_restoration.trials import TrialFile
from napari_fidelity.studies.classical_restoration.tuning import Row, list_rows, list_trials
from napari_fidelity.studies.spec import StudyRequest, StudySpec

TRIALS, ROWS, TABLES, FIGURE = "trials.jsonl", "fields.csv", "tables.md", "failures.png"
OPTIONAL = {"bm3d": "bm3d"}  # candidate: package
WHOLE_SIGMA_PX = 2.0
WHOLE_INPUT, WHOLE_SMOOTH = "the input", f"Gaussian, σ {WHOLE_SIGMA_PX:g} px"
Fields = Mapping[str, Sequence[EvidenceField]]


def run_classical_restoration(request: StudyRequest, progress: Progress) -> list[Path]:
    """Degrade, restore, tune and score; then write what was found.

    Parameters
    ----------
    request : StudyRequest
        Where the images are and where the tables go. Trials that an earlier run left in
        `trials.jsonl` are not done again.
    progress : Progress
        Called for every trial.

    Returns
    -------
    list of Path
        `fields.csv`, `tables.md` and, where Matplotlib is installed, `failures.png`.

    Raises
    ------
    UserError
        The images are not there, or the folder cannot be written.
    Cancelled
        Asked for through `progress`.
    """
    work = open_work(request)
    tuning, failing, whole_part, drawing = share_progress(progress, [78, 14, 4, 4])
    for_tuning = [
        trial
        for condition in work.conditions
        for trial in list_trials(
            condition, work.fields[condition.fields], [CANDIDATES[m] for m in condition.methods]
        )
    ]
    work.trials.run_all(for_tuning, tuning, work.workers)
    plans = plan_failures(work.fields[CLEAN], work.trials, list_available(quick=request.quick))
    work.trials.run_all([t for plan in plans for t in plan.trials], failing, work.workers)
    rows = [
        row
        for condition in work.conditions
        for row in list_rows(condition, work.fields[condition.fields], work.trials)
    ]
    whole = score_whole(request, whole_part)
    return write_results(work, rows, plans, whole, drawing)


@dataclass(frozen=True, eq=False)
class Work:
    """What a run works on.

    Parameters
    ----------
    request : StudyRequest
        What was asked for.
    fields : mapping of str to sequence of EvidenceField
        By the kind of condition.
    conditions : sequence of Condition
        Those with methods to tune, without the methods that are not installed.
    trials : TrialFile
        What has been done.
    workers : int
        Threads.
    """

    request: StudyRequest
    fields: Fields
    conditions: Sequence[Condition]
    trials: TrialFile
    workers: int


def open_work(request: StudyRequest) -> Work:
    """The fields, conditions and earlier trials of a run."""
    if not request.data.is_dir():
        raise UserError(f"There is no folder {request.data}: name that of the images with --data.")
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make {request.out}: {error.strerror or error}.") from error
    quick = request.quick
    fields = {
        CLEAN: read_clean_fields(request.data, quick=quick),
        PAIRS: read_hagen_pairs(request.data, quick=quick),
        W2S: read_w2s_pairs(request.data, quick=quick),
    }
    available = list_available(quick=quick)
    conditions = [
        replace(condition, methods=tuple(m for m in condition.methods if available[m]))
        for condition in CONDITIONS.values()
        if condition.methods
    ]
    workers = count_cores()
    return Work(request, fields, conditions, TrialFile(request.out / TRIALS), workers)


def list_available(*, quick: bool = False) -> dict[str, bool]:
    """Which candidates can be run here; a quick look leaves out those that need a package."""
    return {
        key: key not in OPTIONAL or (not quick and find_spec(OPTIONAL[key]) is not None)
        for key in CANDIDATES
    }


def score_whole(request: StudyRequest, progress: Progress) -> dict[str, list[float]]:
    """PSNR of every pair of W2S at full size, of the input and of a plain Gaussian."""
    found: dict[str, list[float]] = {WHOLE_INPUT: [], WHOLE_SMOOTH: []}
    settings = GaussianSettings(sigma_px=WHOLE_SIGMA_PX)
    pairs = list(read_w2s_whole(request.data, quick=request.quick))
    for number, (noisy, clean) in enumerate(pairs):
        progress(number, len(pairs), "W2S, whole fields")
        pixels = noisy.array.astype(np.float32)
        for name, test in (
            (WHOLE_INPUT, pixels),
            (WHOLE_SMOOTH, run_gaussian(pixels, settings)),
        ):
            fitted = fit_to_truth(test, clean.array)
            found[name].append(measure(["psnr"], test=fitted, reference=clean.array)[0].value)
    return found


def write_results(
    work: Work,
    rows: Sequence[Row],
    plans: Sequence[FailureTrials],
    whole: Mapping[str, Sequence[float]],
    progress: Progress,
) -> list[Path]:
    """The files of the study, each complete or not there."""
    out = work.request.out
    written = {ROWS: format_rows(rows), TABLES: format_tables(work, rows, plans, whole)}
    for name, text in written.items():
        with write_atomically(out / name) as path:
            path.write_text(text, encoding="utf-8")
    paths = [out / name for name in written]
    if find_spec("matplotlib") is not None:
        from napari_fidelity.studies.classical_restoration.figure import draw_failures

        with write_atomically(out / FIGURE) as path:
            draw_failures(path, plans, work.trials, progress)
        paths.append(out / FIGURE)
    progress(1, 1, "Written")
    return paths


def format_tables(
    work: Work,
    rows: Sequence[Row],
    plans: Sequence[FailureTrials],
    whole: Mapping[str, Sequence[float]],
) -> str:
    """All tables as Markdown, to be included in a page."""
    available = list_available(quick=work.request.quick)
    missing = [CANDIDATES[key].title for key, there in available.items() if not there]
    notes = [f"*Written by `napari-fidelity study {CLASSICAL_RESTORATION.key}`, {__version__}.*"]
    if work.request.quick:
        notes.append("**A quick look at a few fields: no evidence.**")
    if missing:
        notes.append(f"Left out: {', '.join(missing)}.")
    parts = [
        " ".join(notes) + "\n",
        "### In short\n\n" + format_findings(rows, work.conditions, whole),
        *(format_condition(condition, rows) for condition in work.conditions),
        "### W2S at full size\n\nPSNR after the affine fit, every field.\n\n" + format_whole(whole),
        "### Where they fail\n\nSettings as tuned where the method belongs, unless stated; means "
        f"over {len(work.fields[CLEAN])} fields.\n\n" + format_failures(plans, work.trials),
    ]
    return "\n".join(parts)


CLASSICAL_RESTORATION = StudySpec(
    key="classical-restoration",
    title="Classical restoration",
    description="What the classical methods do to real images whose truth is known, and where "
    "they fail",
    run=run_classical_restoration,
)
