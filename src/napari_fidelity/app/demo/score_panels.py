"""The three panels under the demo's pictures: signal, noise and blur as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_fidelity.operations.assess import Assessment

INK, MUTED, TRACK, IDEAL = "#1b1f24", "#6b7280", "#eef1f4", "#1a7f5a"
BLUR_LIMITS = (0.1, 10.0)
HALF = 0.21  # of a bar's height, in rows


@dataclass(frozen=True)
class Panel:
    """What one panel shows.

    Parameters
    ----------
    title, subtitle : str
        What is measured, and how to read it.
    limits : tuple of float
        Ends of the axis.
    ideal : float
        The value of a perfect image.
    values : mapping
        A bar for each image, by its name.
    marks : mapping
        Values to compare with, by what they are.
    is_log : bool
        Whether the axis is logarithmic; bars then start at the ideal.
    """

    title: str
    subtitle: str
    limits: tuple[float, float]
    ideal: float
    values: Mapping[str, float]
    marks: Mapping[str, float] = field(default_factory=dict)
    is_log: bool = False


def list_panels(assessment: Assessment) -> list[Panel]:
    """Signal, noise and blur of every row of `assessment`."""

    def values(key: str) -> dict[str, float]:
        return {row.name: row.scores[key].value for row in assessment.rows}

    baselines = {
        "mask blurred": assessment.baselines["blurred"],
        "mask by distance": assessment.baselines["distance"],
    }
    floor = {"the real image's own halves": assessment.nfm_floor}
    return [
        Panel("Signal", "SFM: correlation inside the nuclei; ideal 1",
              (0, 1), 1, values("sfm"), baselines),
        Panel("Noise", "NFM: distance between the backgrounds; ideal 0", (0, 1), 0,
              values("nfm"), floor),
        Panel("Blur", "BFM, σ 2 px: sharpness over that of the real image; ideal 1", BLUR_LIMITS, 1,
              values("bfm_sigma"), is_log=True),
    ]  # fmt: skip


def draw_panel(axes: Any, panel: Panel, colors: Sequence[str]) -> None:  # Any: matplotlib Axes
    """Draw `panel` on `axes`, a bar of one of `colors` for each value."""
    low, high = panel.limits
    start = panel.ideal if panel.is_log else low
    if panel.is_log:
        axes.set_xscale("log")
    across = axes.get_yaxis_transform()  # x in shares of the width, y in rows
    for row, ((name, value), color) in enumerate(zip(panel.values.items(), colors, strict=True)):
        axes.barh(row, high - low, left=low, height=2 * HALF, color=TRACK, zorder=0)
        if not math.isnan(value):
            end = min(max(value, low), high)
            axes.barh(row, end - start, left=start, height=2 * HALF, color=color, zorder=2)
        number = "not defined" if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00")
        words = {"transform": across, "va": "bottom", "color": INK}
        axes.text(0, row - 0.28, name, ha="left", fontsize=9, **words)
        axes.text(1, row - 0.28, number, ha="right", fontsize=10, fontweight="bold", **words)
        axes.plot(
            [panel.ideal] * 2, [row - HALF, row + HALF], color=IDEAL, lw=3, zorder=4, clip_on=False
        )
    _draw_marks(axes, panel)
    axes.set_xlim(low, high)
    axes.set_ylim(len(panel.values) - 0.2, -0.6)
    axes.set_title(panel.title, loc="left", fontsize=13, fontweight="bold", color=INK, pad=18)
    axes.text(0, 1.03, panel.subtitle, transform=axes.transAxes, fontsize=8, color=MUTED)
    axes.axis("off")


def _draw_marks(axes: Any, panel: Panel) -> None:  # Any: matplotlib Axes
    """Dashed lines at the values to compare with, their names beneath, where there is room."""
    marks = sorted((value, name) for name, value in panel.marks.items() if math.isfinite(value))
    if not marks:
        return
    last = len(panel.values) - 1
    for value, _ in marks:
        for row in range(last + 1):
            ends = [row - HALF, row + HALF]
            axes.plot([value] * 2, ends, color=INK, lw=1.2, ls=(0, (2, 1.5)), zorder=3)
    is_left = 2 * marks[0][0] < sum(panel.limits)
    axes.text(
        marks[0][0] if is_left else marks[-1][0],
        last + HALF + 0.08,
        ", ".join(f"{name} {value:.2f}" for value, name in marks),
        ha="left" if is_left else "right",
        va="top",
        fontsize=7.5,
        color=MUTED,
    )
