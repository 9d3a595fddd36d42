"""The figure of the study: methods where they belong, and where they fail."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image

from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics import METRICS
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES
from napari_fidelity.studies.classical_restoration.conditions import CONDITIONS
from napari_fidelity.studies.classical_restoration.failures import FailureTrials
from napari_fidelity.studies.classical_restoration.scores import fit_to_truth
from napari_fidelity.studies.classical_restoration.trials import Trial, TrialFile

DETAIL_PX = 128
INK, MUTED = "#222222", "#666666"
COLUMNS = ("truth", "where it belongs: input", "result", "where it fails: input", "result")


def draw_failures(
    path: Path, plans: Sequence[FailureTrials], trials: TrialFile, progress: Progress
) -> None:
    """Write the figure as PNG: a row for each failure, on the field of median loss.

    Every picture has the truth's contrast limits after the affine fit that makes its error
    least; the number below it is the score against the truth that the table of failures shows.
    """
    from matplotlib.figure import Figure  # slow to import, and wanted only here

    figure = Figure(figsize=(11.2, 2.05 * len(plans) + 0.6), dpi=100, facecolor="white")
    top = 1 - 0.5 / (2.05 * len(plans) + 0.6)
    grid = figure.add_gridspec(len(plans), 5, left=0.12, right=0.99, top=top, bottom=0.01,
                               wspace=0.03, hspace=0.13)  # fmt: skip
    for row, plan in enumerate(plans):
        progress(row, len(plans), "Figure")
        _draw_row([figure.add_subplot(grid[row, column]) for column in range(5)], plan, trials)
        if row == 0:
            for axes, title in zip(figure.axes, COLUMNS, strict=True):
                axes.set_title(title, fontsize=9, color=INK)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    # A third of the bytes of a coloured one, and the same on every run.
    PIL.Image.open(drawn).convert("L").save(path, format="png", optimize=True)


def find_typical(plan: FailureTrials, trials: TrialFile) -> int:
    """Index of the field on which the method loses as much as on the median field."""
    key = plan.failure.measure
    losses = [
        trials.scores[after.key][key] - trials.scores[before.key][key]
        for before, after in zip(plan.regime_input, plan.in_regime, strict=True)
    ]
    return int(np.argsort(losses, kind="stable")[len(losses) // 2])


def _draw_row(cells: Sequence[Any], plan: FailureTrials, trials: TrialFile) -> None:
    """Fill five axes (matplotlib types them as Any)."""
    index = find_typical(plan, trials)
    shown = [part[index] for part in (plan.home_input, plan.at_home)]
    shown += [part[index] for part in (plan.regime_input, plan.in_regime)]
    truth = shown[0].field.truth.array
    box = _find_detail(truth)
    low, high = np.percentile(truth[box], (0.5, 99.5))
    pictures = [truth, *(fit_to_truth(trial.run().array, truth) for trial in shown)]
    captions = [shown[0].field.key, *(_caption(trial, plan, trials) for trial in shown)]
    for axes, picture, caption in zip(cells, pictures, captions, strict=True):
        axes.imshow(picture[box], cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.set_xlabel(caption, fontsize=7.5, color=INK, labelpad=2)
    title = CANDIDATES[plan.failure.method].title.replace(", ", ",\n")
    cells[0].set_ylabel(
        f"{title}\n\n{_wrap(plan.failure.about)}", fontsize=7.5, color=INK, rotation=0,
        ha="right", va="center", labelpad=4,
    )  # fmt: skip


def _caption(trial: Trial, plan: FailureTrials, trials: TrialFile) -> str:
    key = plan.failure.measure
    value = trials.scores[trial.key][key]
    place = CONDITIONS[trial.condition.key].title if trial.settings is None else ""
    return f"{place + ', ' if place else ''}{METRICS[key].title} {value:.3f}"


def _find_detail(truth: np.ndarray[Any, Any]) -> tuple[slice, slice]:  # Any: grey values
    """The square of the field that varies most."""
    corners = [
        (y, x)
        for y in range(0, truth.shape[0] - DETAIL_PX + 1, 32)
        for x in range(0, truth.shape[1] - DETAIL_PX + 1, 32)
    ]
    y, x = max(
        corners,
        key=lambda c: float(truth[c[0] : c[0] + DETAIL_PX, c[1] : c[1] + DETAIL_PX].std()),
    )
    return slice(y, y + DETAIL_PX), slice(x, x + DETAIL_PX)


def _wrap(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 21))
