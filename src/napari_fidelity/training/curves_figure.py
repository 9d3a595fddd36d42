"""The curves of a training as a picture for the card: losses, and validation metrics."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_fidelity.training.run_folder import RunFolder

CURVES_FILE = "curves.png"
MOST_CURVES, MOST_PANELS = 6, 3  # more cannot be told apart
OTHERS = ("loss", "unpaired", "finished_sfm")  # by which methods choose their best checkpoint
SIZE_IN, DPI = (7.2, 2.6), 110
Rows = Sequence[Mapping[str, Any]]  # Any: JSON numbers


def draw_run_curves(run: Path, metrics: Sequence[str]) -> bytes | None:
    """PNG of the curves of the run in a folder.

    Parameters
    ----------
    run : Path
        Folder of the run.
    metrics : sequence of str
        Validation metrics of the task, without "val_": the first one is shown, with that of the
        untouched input beside it.

    Returns
    -------
    bytes or None
        None where there are no curves, or nothing that draws them is installed.
    """
    folder = RunFolder(run)
    if not folder.metrics.is_file():
        return None
    rows, _offset = folder.read_metrics()
    return draw_curves(rows, metrics)


def draw_curves(rows: Rows, metrics: Sequence[str]) -> bytes | None:
    """PNG of the curves in rows of metrics; parameters and result as for `draw_run_curves`."""
    names = dict.fromkeys(name for row in rows for name in row)
    losses = [name for name in names if name.startswith("loss_")][:MOST_CURVES]
    panels = [("training", losses)] if losses else []
    for name in [*metrics[:1], *OTHERS]:  # each has units of its own
        found = [each for each in (f"val_{name}", f"val_input_{name}") if each in names]
        panels += [(f"validation: {name}", found)] if found else []
    panels = panels[:MOST_PANELS]
    if not panels:
        return None
    try:  # only the card needs it
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, found) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels,
                                    strict=True):  # fmt: skip
        for name in found:
            axes.plot(*_read_curve(rows, name), label=name.partition("_")[2], linewidth=1)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("step", fontsize=8)
        axes.legend(fontsize=6, frameon=False)
        axes.tick_params(labelsize=7)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def _read_curve(rows: Rows, name: str) -> tuple[list[int], list[float]]:
    """Steps and values; values that are not numbers leave a gap."""
    found = [(int(row["step"]), row[name]) for row in rows if name in row]
    values = [math.nan if value is None else float(value) for _step, value in found]
    return [step for step, _value in found], values
