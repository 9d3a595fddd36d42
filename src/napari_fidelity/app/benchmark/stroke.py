"""A brush stroke: the time from an edited box to its pixels, beside making the whole anew."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from statistics import median
from time import perf_counter

import numpy as np
import numpy.typing as npt

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.timing import clock
from napari_fidelity.core.image import Image
from napari_fidelity.inference.dirty_region import DirtyRegion
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.operations.live_synthesis import start_live
from napari_fidelity.operations.synthesize import SynthesizeParams, synthesize

SIDES_PX = (512, 8192)
BRUSH_PX, STEP_PX, STEPS = 20, 5, 60
LARGEST_WHOLE_PX = 2048
NUCLEUS_PX, PITCH_PX = 24, 64

Labels = npt.NDArray[np.int32]


def measure_stroke(
    sides_px: Sequence[int] = SIDES_PX,
    compute: ComputeSettings | None = None,
    steps: int = STEPS,
    largest_whole_px: int = LARGEST_WHOLE_PX,
) -> list[Row]:
    """A row `stroke_<side>` for each canvas: milliseconds of one step, and of a full run.

    A brush of 20 px moves 5 px a step along a wave through the middle of the canvas, on all
    canvases in turns; a step is timed from the edited box to its pixels, and the median counts.
    A canvas larger than `largest_whole_px` is not run whole: the time of one of that side is
    multiplied by the ratio of the areas, and the remark says so.

    Parameters
    ----------
    sides_px : sequence of int
        Sides of the square canvases.
    compute : ComputeSettings, optional
        Device, precision and threads of both.
    steps : int
        Steps of the stroke.
    largest_whole_px : int
        Side of the largest canvas of which a full run is timed.
    """
    params = SynthesizeParams()
    for _ in range(2):  # the first settles the precision, the second prepares what follows
        image = synthesize(Image(draw_nuclei(PITCH_PX, PITCH_PX)), params, compute=compute)
        params = SynthesizeParams.parse(image.provenance["params"])
    strokes = {side: Stroke(side, params, compute) for side in sides_px}
    seconds: dict[int, list[float]] = {side: [] for side in sides_px}
    for number in range(steps):
        for side, stroke in strokes.items():
            seconds[side].append(stroke.time_step(number, steps))
    wholes = {
        side: time_whole(side, params, compute)
        for side in {min(side, largest_whole_px) for side in sides_px}
    }
    rows = []
    for side in sides_px:
        timed = min(side, largest_whole_px)
        times = (side / timed) ** 2
        how = "" if timed == side else f" (from {timed}², times {times:g})"
        remark = f"{params.precision}, beside a full run{how}"
        ours_ms, whole_ms = 1000 * median(seconds[side]), 1000 * times * wholes[timed]
        rows.append(Row(f"stroke_{side}", ours_ms, whole_ms, "ms", remark))
    return rows


def time_whole(side_px: int, params: SynthesizeParams, compute: ComputeSettings | None) -> float:
    """Seconds of a full run over a canvas."""
    mask = Image(draw_nuclei(side_px, side_px))
    return clock(partial(synthesize, mask, params, compute=compute))[0]


class Stroke:
    """A brush on a square canvas, and the result that follows it.

    Parameters
    ----------
    side_px : int
        Side of the canvas.
    params : SynthesizeParams
        Settings with a pinned response.
    compute : ComputeSettings, optional
        Device, precision and threads.
    """

    def __init__(
        self, side_px: int, params: SynthesizeParams, compute: ComputeSettings | None
    ) -> None:
        self.labels = draw_nuclei(side_px, min(side_px, 512))
        self.live = start_live(self.labels.shape, (0, 0), params, compute)
        self.region = DirtyRegion(
            (side_px, side_px), piece_px=self.live.engine.tile_px, margin_px=self.live.reach_px
        )

    def time_step(self, number: int, steps: int) -> float:
        """Seconds from the edited box of step `number` of `steps` to its pixels."""
        start, stop = self._paint(number, steps)
        began, reach = perf_counter(), self.live.reach_px
        self.region.add((), [low - reach for low in start], [high + reach for high in stop])
        while (piece := self.region.pop()) is not None:
            low, high = self.live.read_box(*piece[1:])
            self.live.render(*piece, self.labels[low[0] : high[0], low[1] : high[1]].copy())
        return perf_counter() - began

    def _paint(self, number: int, steps: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Paint a disc of the label 1; the box in which labels may have changed."""
        side, radius = len(self.labels), BRUSH_PX // 2
        x = STEP_PX * (number - steps / 2)
        y = 3 * BRUSH_PX * np.sin(x / (2 * BRUSH_PX))
        row, column = (int(np.clip(side / 2 + at, radius, side - radius - 1)) for at in (y, x))
        start, stop = (row - radius, column - radius), (row + radius + 1, column + radius + 1)
        box = self.labels[start[0] : stop[0], start[1] : stop[1]]
        rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
        box[rows**2 + columns**2 <= radius**2] = 1
        return start, stop


def draw_nuclei(canvas_px: int, filled_px: int) -> Labels:
    """Discs of 24 px, 64 px apart, in the middle square of side `filled_px` of a canvas."""
    labels = np.zeros((canvas_px, canvas_px), np.int32)
    y, x = np.ogrid[:PITCH_PX, :PITCH_PX]
    disc = (y - PITCH_PX / 2) ** 2 + (x - PITCH_PX / 2) ** 2 < (NUCLEUS_PX / 2) ** 2
    first = (canvas_px - filled_px) // 2
    for number, (row, column) in enumerate(np.ndindex(2 * (filled_px // PITCH_PX,)), 1):
        corner = first + row * PITCH_PX, first + column * PITCH_PX
        labels[corner[0] :, corner[1] :][:PITCH_PX, :PITCH_PX][disc] = number
    return labels
