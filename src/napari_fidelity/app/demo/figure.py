"""The demo's figure: mask, generated images and the real one side by side, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.app.demo import shown_planes as planes
from napari_fidelity.app.demo.score_panels import INK, MUTED, Panel, draw_panel
from napari_fidelity.core.image import Image

DETAIL_PX = 80
COLORS = ("#b0773a", "#2f6fb3", "#7b5ea7", "#5b8f3a")
FRAME = "#ffd24a"
BAR_UM = 10.0
LEFT, RIGHT = 0.045, 0.985
ROWS = ("one plane", "detail", "detail, contrast\nof the background")


@dataclass(frozen=True)
class Column:
    """One picture from top to bottom: whole, a detail, the detail with other contrast."""

    title: str
    pictures: tuple[planes.Pixels, planes.Pixels, planes.Pixels]
    limits: tuple[planes.Limits | None, planes.Limits | None, planes.Limits | None]


def draw_comparison(
    path: Path,
    *,
    columns: Sequence[Column],
    box: planes.Box,
    panels: Sequence[Panel],
    title: str,
    story: str,
    pixel_size_um: float | None,
) -> Path:
    """Write the figure to `path` as PNG and return the path.

    Parameters
    ----------
    path : Path
        Where to write.
    columns : sequence of Column
        Mask, generated images, real image; of `list_columns`.
    box : tuple of slice
        Where the detail lies in the whole pictures.
    panels : sequence of Panel
        The scores, a bar for every generated image.
    title, story : str
        Head lines.
    pixel_size_um : float or None
        For the scale bar; None leaves it out.
    """
    from matplotlib.figure import Figure  # slow to import, and wanted only here

    figure = Figure(figsize=(2.75 * len(columns) + 0.5, 12.0), dpi=130, facecolor="white")
    grid = figure.add_gridspec(3, len(columns), left=LEFT, right=RIGHT, top=0.9, bottom=0.235,
                               wspace=0.035, hspace=0.035)  # fmt: skip
    for index, column in enumerate(columns):
        cells = [figure.add_subplot(grid[row, index]) for row in range(3)]
        _show_column(cells, column, box)
        if index == len(columns) - 1 and pixel_size_um:
            _add_scale_bar(cells[0], column.pictures[0].shape, pixel_size_um)
        if index == 0:
            _name_rows(cells)
    strip = figure.add_gridspec(1, len(panels), left=LEFT, right=RIGHT, top=0.17, bottom=0.03,
                                wspace=0.12)  # fmt: skip
    for index, panel in enumerate(panels):
        draw_panel(figure.add_subplot(strip[index]), panel, COLORS[: len(panel.values)])
    figure.text(LEFT, 0.974, title, fontsize=17, fontweight="bold", color=INK, va="center")
    figure.text(LEFT, 0.947, story, fontsize=9.5, color=MUTED, va="center")
    figure.savefig(path, format="png")
    return path


def list_columns(
    mask: Image,
    tests: Sequence[Image],
    reference: Image,
    *,
    background: npt.NDArray[np.bool_],
    plane: int,
    kind: str = "real",
) -> tuple[list[Column], planes.Box]:
    """The columns of the figure, and the box of their details.

    Parameters
    ----------
    mask, reference : Image
        Labels and real image, YX or ZYX.
    tests : sequence of Image
        The generated images.
    background : ndarray of bool
        The pixels that NFM used, of the same shape.
    plane : int
        Which Z plane of a stack.
    kind : str
        What the reference is.
    """
    labels, real = planes.plane_of(mask, plane), planes.plane_of(reference, plane)
    outside = background if background.ndim == 2 else background[plane]
    box = planes.find_detail(labels, DETAIL_PX)
    full, dim = planes.full_limits(real), planes.background_limits(real, outside)
    drawn = planes.color_labels(labels)
    around = planes.color_background(labels, outside)
    columns = [Column(f"{mask.name} (mask)", (drawn, drawn[box], around[box]), (None, None, None))]
    for image, what in [*((test, "generated") for test in tests), (reference, kind)]:
        whole = planes.plane_of(image, plane)
        pictures = (whole, whole[box], whole[box])
        columns.append(Column(f"{image.name} ({what})", pictures, (full, full, dim)))
    return columns, box


def _show_column(cells: Sequence[Any], column: Column, box: planes.Box) -> None:
    """Fill three axes (matplotlib types them as Any) with the pictures of `column`."""
    from matplotlib.patches import Rectangle

    for axes, picture, limits in zip(cells, column.pictures, column.limits, strict=True):
        low, high = limits or (None, None)
        axes.imshow(picture, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    y, x = box
    corner, width, height = (x.start - 0.5, y.start - 0.5), x.stop - x.start, y.stop - y.start
    cells[0].add_patch(Rectangle(corner, width, height, fill=False, ec=FRAME, lw=1.2))
    cells[0].set_title(column.title, fontsize=10.5, color=INK, pad=6)


def _name_rows(cells: Sequence[Any]) -> None:  # Any: matplotlib Axes
    """Say on the left what each row shows, and in the mask's last picture what is tinted."""
    for axes, text in zip(cells, ROWS, strict=True):
        axes.set_ylabel(text, fontsize=9, color=MUTED, labelpad=6)
    cells[2].text(0.03, 0.03, "tinted: the background measured", transform=cells[2].transAxes,
                  fontsize=8, color="white")  # fmt: skip


def _add_scale_bar(axes: Any, shape: Sequence[int], pixel_size_um: float) -> None:  # Any: Axes
    """A bar of 10 µm at the lower right."""
    length = BAR_UM / pixel_size_um
    height, width = shape[:2]
    right, low = width - 0.05 * width, height - 0.06 * height
    axes.plot([right - length, right], [low, low], color="white", lw=3, solid_capstyle="butt")
    axes.text(right - length / 2, low - 0.025 * height, f"{BAR_UM:g} µm", color="white",
              fontsize=8, ha="center", va="bottom")  # fmt: skip
