"""The figures of the study: bars as the paper's Figs. 4, 5 and 7, and images beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.metrics.statistics import bootstrap_mean
from napari_fidelity.studies.synthesis_000.arms import REAL, TITLES
from napari_fidelity.studies.synthesis_000.fields import Bools, Floats, MitoImage

INK, MUTED = "#222222", "#666666"
COLOURS = {"random": "#9a9a9a", "pix2pix": "#4c78a8", "cyclegan": "#e08214", "real": "#4d9221"}
DOT_SPREAD = 0.28
SHOWN_PX = 256
Fields = Mapping[str, Mapping[str, float]]


def draw_bars(path: Path, panels: Mapping[str, Fields], notes: Mapping[str, str]) -> None:
    """Write bars of means over fields as PNG, a panel a measure; dots are fields.

    Parameters
    ----------
    path : Path
        Where to write.
    panels : mapping
        By title: the means of fields by arm.
    notes : mapping of str to str
        By title: a line below the panel, such as where the best lies.
    """
    from matplotlib.figure import Figure  # slow to import, and wanted only here

    figure = Figure(figsize=(3.3 * len(panels), 3.5), dpi=110, facecolor="white")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for cell, (title, fields) in zip(axes, panels.items(), strict=True):
        _draw_panel(cell, fields)
        cell.set_title(title, fontsize=10, color=INK)
        cell.set_xlabel(notes.get(title, ""), fontsize=7.5, color=MUTED)
    figure.tight_layout()
    figure.savefig(path, format="png")


def _draw_panel(cell: Any, fields: Fields) -> None:  # Any: matplotlib types axes so
    rng = np.random.default_rng(0)
    for place, (arm, found) in enumerate(fields.items()):
        values = np.array([value for value in found.values() if value == value])
        if values.size == 0:
            continue
        mean = float(values.mean())
        low, high = bootstrap_mean(values)
        error = [[mean - low], [high - mean]] if low == low else None
        cell.bar(place, mean, 0.7, yerr=error, color=COLOURS[arm], alpha=0.75, capsize=4,
                 ecolor=INK)  # fmt: skip
        around = place + DOT_SPREAD * (rng.random(values.size) - 0.5)
        cell.plot(around, values, "o", markersize=3, color=INK, alpha=0.6)
    cell.set_xticks(range(len(fields)), [TITLES[arm] for arm in fields], fontsize=8)
    cell.tick_params(axis="y", labelsize=8)
    for side in ("top", "right"):
        cell.spines[side].set_visible(False)


def draw_images(
    path: Path, images: Sequence[MitoImage], made: Mapping[str, Mapping[str, Floats]]
) -> None:
    """Write mask, real image and what each arm made of the mask, a row an image.

    All images of a row have the real one's limits.
    """
    from matplotlib.figure import Figure

    columns = ("mask", REAL, *made)
    figure = Figure(figsize=(2.1 * len(columns), 2.15 * len(images) + 0.3), dpi=100,
                    facecolor="white")  # fmt: skip
    grid = figure.subplots(len(images), len(columns), squeeze=False)
    for cells, image in zip(grid, images, strict=True):
        planes = [image.mask, image.image, *(found[image.name] for found in made.values())]
        low, high = np.percentile(image.image, (0.5, 99.8))
        for cell, plane in zip(cells, planes, strict=True):
            limits = (0, 1) if plane.dtype == bool else (float(low), float(high))
            part = plane[:SHOWN_PX, :SHOWN_PX]
            cell.imshow(part, cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest")
            cell.set_axis_off()
        cells[0].set_title(image.group, fontsize=7, color=MUTED, loc="left")
    for cell, column in zip(grid[0], columns, strict=True):
        if column != "mask":
            cell.set_title(TITLES[column], fontsize=9, color=INK)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, format="png")


def draw_segmentations(
    path: Path, images: Sequence[MitoImage], found: Mapping[str, Mapping[str, Bools]]
) -> None:
    """Write the real image with the true outline, then each arm's: hit, missed, invented."""
    from matplotlib.figure import Figure

    columns = (REAL, *found)
    figure = Figure(figsize=(2.1 * len(columns), 2.15 * len(images) + 0.3), dpi=100,
                    facecolor="white")  # fmt: skip
    grid = figure.subplots(len(images), len(columns), squeeze=False)
    for cells, image in zip(grid, images, strict=True):
        low, high = np.percentile(image.image, (0.5, 99.8))
        cells[0].imshow(image.image, cmap="gray", vmin=float(low), vmax=float(high))
        for cell, masks in zip(cells[1:], found.values(), strict=True):
            cell.imshow(colour_errors(masks[image.name], image.mask))
        for cell in cells:
            cell.set_axis_off()
    titles = ("image", *(f"trained on {TITLES[arm]}" for arm in found))
    for cell, title in zip(grid[0], titles, strict=True):
        cell.set_title(title, fontsize=8, color=INK)
    figure.tight_layout(pad=0.4)
    figure.savefig(path, format="png")


def colour_errors(test: Bools, reference: Bools) -> Floats:
    """RGB: white where both, blue where missed, orange where invented."""
    picture = np.zeros((*reference.shape, 3), np.float32)
    picture[test & reference] = (1.0, 1.0, 1.0)
    picture[reference & ~test] = (0.2, 0.5, 1.0)
    picture[test & ~reference] = (1.0, 0.55, 0.1)
    return picture
