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

    A brush of 20 px moves 5 px a step along a wave through the middle of the canvas; a step is
    timed from the edited box to its pixels, and the median counts. A canvas larger than
    `largest_whole_px` is not run whole: the time of one of that side is multiplied by the ratio
    of the areas, and the remark says so.

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
    params, wholes = SynthesizeParams(), {}
    for side in sorted({min(side, largest_whole_px) for side in sides_px}):
        mask = Image(draw_nuclei(side, side))
        wholes[side], image = clock(partial(synthesize, mask, params, compute=compute))
        params = SynthesizeParams.parse(image.provenance["params"])
    rows = []
    for side in sides_px:
        timed = min(side, largest_whole_px)
        whole_s = wholes[timed] * (side / timed) ** 2
        how = "" if timed == side else f" (from {timed}², times {(side / timed) ** 2:g})"
        step_s = median(time_steps(side, params, compute, steps))
        remark = f"{params.precision}, beside a full run{how}"
        rows.append(Row(f"stroke_{side}", 1000 * step_s, 1000 * whole_s, "ms", remark))
    return rows


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


def time_steps(
    side_px: int, params: SynthesizeParams, compute: ComputeSettings | None, steps: int
) -> list[float]:
    """Seconds from an edited box to its pixels, for each step of a stroke."""
    labels = draw_nuclei(side_px, min(side_px, 512))
    live = start_live(labels.shape, (0, 0), params, compute)
    region = DirtyRegion(
        (side_px, side_px), piece_px=live.engine.tile_px, margin_px=live.engine.receptive_field_px
    )
    seconds, reach = [], live.reach_px
    for centre in list_places(side_px, steps):
        start, stop = paint(labels, centre)
        began = perf_counter()
        region.add((), [low - reach for low in start], [high + reach for high in stop])
        while (piece := region.pop()) is not None:
            index, first, last = piece
            low, high = live.read_box(first, last)
            crop = labels[low[0] : high[0], low[1] : high[1]].copy()
            live.render(index, first, last, crop)
        seconds.append(perf_counter() - began)
    return seconds


def list_places(side_px: int, steps: int) -> list[tuple[int, int]]:
    """Centres of the brush along a wave through the middle of the canvas."""
    along = STEP_PX * (np.arange(steps) - steps / 2)
    across = 3 * BRUSH_PX * np.sin(along / (2 * BRUSH_PX))
    places = np.clip(side_px // 2 + np.stack([across, along], axis=1), 0, side_px - 1).astype(int)
    return [(int(y), int(x)) for y, x in places]


def paint(labels: Labels, centre: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Paint a disc of 20 px with the label 1; the box in which labels may have changed."""
    radius = BRUSH_PX // 2
    start = max(centre[0] - radius, 0), max(centre[1] - radius, 0)
    stop = (
        min(centre[0] + radius + 1, labels.shape[0]),
        min(centre[1] + radius + 1, labels.shape[1]),
    )
    y, x = np.ogrid[start[0] : stop[0], start[1] : stop[1]]
    disc = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2
    labels[start[0] : stop[0], start[1] : stop[1]][disc] = 1
    return start, stop
