"""The figures of the study: training history, profiles, applications, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.studies.care_001.measures import (
    GAUSSIAN,
    INPUT,
    INTERVAL,
    ONCE,
    TWICE,
    Coverage,
    Restored,
    choose_profile_row,
    correlate_profiles,
    scale_pair,
)
from napari_fidelity.studies.care_001.originals import TestPair
from napari_fidelity.studies.classical_restoration.scores import fit_to_truth

INK, MUTED, BLUE, ORANGE, GREY = "#222222", "#666666", "#4c78a8", "#e08214", "#9a9a9a"
SHOWN_PX = 160
Curve = Sequence[Mapping[str, Any]]  # Any: JSON values


def draw_history(path: Path, curves: Mapping[str, Curve]) -> None:
    """Write mean absolute error, loss and learning rate of each training, as the paper's Fig. 1."""
    from matplotlib.figure import Figure  # slow to import, and wanted only here

    figure = Figure(figsize=(10.5, 2.9 * len(curves)), dpi=110, facecolor="white")
    grid = figure.subplots(len(curves), 3, squeeze=False)
    for cells, (title, rows) in zip(grid, curves.items(), strict=True):
        parts = (
            ("mean absolute error", {"training": "loss_mae", "validation": "val_mae"}),
            ("loss", {"training": "loss_restore", "validation": "val_loss"}),
            ("learning rate", {"rate": "rate_adam"}),
        )
        for cell, (name, keys) in zip(cells, parts, strict=True):
            _draw_curves(cell, rows, keys)
            cell.set_title(name, fontsize=9, color=INK)
            cell.set_xlabel("step", fontsize=8)
        cells[0].set_ylabel(title, fontsize=9, color=INK)
    figure.tight_layout()
    figure.savefig(path, format="png")


def _draw_curves(cell: Any, rows: Curve, keys: Mapping[str, str]) -> None:  # Any: axes
    for (name, key), colour in zip(keys.items(), (GREY, ORANGE), strict=False):
        found = [(row["step"], row[key]) for row in rows if key in row]
        if found:
            steps, values = zip(*found, strict=True)
            cell.plot(steps, values, color=colour, linewidth=1.2, label=name)
    cell.tick_params(labelsize=7)
    if cell.has_data():
        cell.legend(fontsize=7, frameon=False)


def draw_profile(path: Path, pair: TestPair, restored: Restored) -> None:
    """Write original, degraded and restored image, and their intensities along a row (Fig. 4)."""
    from matplotlib.figure import Figure

    row = choose_profile_row(pair.target)
    target = scale_pair(pair.input, pair)[1]
    lines = {"original": target[row]}
    names = {INPUT: "degraded", ONCE: "restored"}
    for method, name in names.items():
        lines[name] = fit_to_truth(scale_pair(restored[method], pair)[0], target)[row]
    figure = Figure(figsize=(10.5, 5.6), dpi=110, facecolor="white")
    grid = figure.add_gridspec(2, 3, height_ratios=(1.5, 1))
    images = {"original": pair.target, "degraded": pair.input, "restored": restored[ONCE]}
    for place, (name, image) in enumerate(images.items()):
        cell = figure.add_subplot(grid[0, place])
        _show(cell, image)
        cell.axhline(row, color="yellow", linewidth=0.8)
        cell.set_title(name, fontsize=9, color=INK)
    cell = figure.add_subplot(grid[1, :])
    for (name, line), colour in zip(lines.items(), (INK, GREY, ORANGE), strict=True):
        pcc = "" if name == "original" else f", PCC {correlate_profiles(line, target[row]):.3f}"
        cell.plot(line, color=colour, linewidth=1.2, label=f"{name}{pcc}")
    cell.set_xlabel("px along the line", fontsize=8)
    cell.set_ylabel("intensity (scaled)", fontsize=8)
    cell.legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, format="png")


def draw_applications(path: Path, shown: Sequence[tuple[TestPair, Restored, str]]) -> None:
    """Write input, Gaussian, first and second application and truth, a row a pair (Figs 5, 6).

    The text is written beside each row.
    """
    from matplotlib.figure import Figure

    columns = {INPUT: "input", GAUSSIAN: "tuned Gaussian", ONCE: "first application",
               TWICE: "second application"}  # fmt: skip
    figure = Figure(figsize=(2.1 * 5, 2.35 * len(shown) + 0.3), dpi=110, facecolor="white")
    grid = figure.subplots(len(shown), 5, squeeze=False)
    for number, (cells, (pair, restored, text)) in enumerate(zip(grid, shown, strict=True)):
        for cell, (method, name) in zip(cells, columns.items(), strict=False):
            _show(cell, restored[method])
            if number == 0:
                cell.set_title(name, fontsize=9, color=INK)
        _show(cells[-1], pair.target)
        if number == 0:
            cells[-1].set_title("truth", fontsize=9, color=INK)
        cells[0].set_ylabel(text, fontsize=7, color=MUTED)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, format="png")


def _show(cell: Any, image: np.ndarray[Any, Any]) -> None:  # Any: axes; every grey image
    part = image[:SHOWN_PX, :SHOWN_PX]
    low, high = np.percentile(image, (0.5, 99.8))
    cell.imshow(part, cmap="gray", vmin=float(low), vmax=float(high), interpolation="nearest")
    cell.set_xticks([])
    cell.set_yticks([])


def draw_coverage(path: Path, coverage: Mapping[str, Sequence[Coverage]]) -> None:
    """Write the share of truths inside of the 90 % interval by tenth of predicted intensity."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.2), dpi=110, facecolor="white")
    cell = figure.subplots()
    for (name, rows), colour in zip(coverage.items(), (BLUE, ORANGE), strict=False):
        if rows:
            shares = np.mean([row.deciles for row in rows], axis=0)
            cell.plot(range(1, len(shares) + 1), shares, "o-", color=colour, label=name)
    cell.axhline(INTERVAL, color=MUTED, linestyle="--", linewidth=1)
    cell.set_xlabel("tenth of the pixels by predicted intensity, darkest first", fontsize=8)
    cell.set_ylabel("truth in the 90 % interval", fontsize=8)
    cell.set_ylim(0, 1.02)
    if cell.has_data():
        cell.legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, format="png")
