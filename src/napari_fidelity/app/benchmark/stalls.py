"""How long napari's window stands still while this plugin computes, in a real window.

A timer of 5 ms ticks in the window's thread; the longest time between two ticks is a stall. It
holds everything in that thread: our callbacks, napari's own, the drawing. The same strokes on the
same layers without this plugin show napari's own share. The first drawing of a layer is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from napari import Viewer
from napari.layers import Labels
from qtpy.QtCore import QEventLoop, Qt, QTimer

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.core.image import Image
from napari_fidelity.widgets.synthesis_backend import SynthesisBackend, default_backend
from napari_fidelity.widgets.synthesize_dock import SynthesizeDock

SIDES_PX = (2048, 8192)
TICK_MS = 5
FRAME_MS = 16  # between two positions of the mouse
STROKE_STEPS = 60
STROKES = 3
BRUSH_PX = 20
PREDICT_MS = 4000
FIRST_DRAW_MS = 1500
LONGEST_WAIT_MS = 600_000


class StallWatch:
    """Ticks in the window's thread and notes the longest time between two ticks."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _tick(self) -> None:
        now = perf_counter()
        self.longest_ms = max(self.longest_ms, 1000 * (now - self._last))
        self._last = now

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note the longest time from here to the end of the block, which handles events."""
        self.longest_ms, self._last = 0.0, perf_counter()
        self._timer.start()
        yield
        self._tick()
        self._timer.stop()


def measure_stalls(sides_px: Sequence[int] = SIDES_PX) -> list[Row]:
    """Longest stalls in ms, beside those of napari alone, and the time from Cancel to the end.

    Needs a display; a virtual one will do.

    Parameters
    ----------
    sides_px : sequence of int
        Sides of the square masks.
    """
    return [row for side in sides_px for row in _measure_side(side)]


def _measure_side(side: int) -> list[Row]:
    watch = StallWatch()
    with _window(side) as (viewer, mask):
        shown_alone, alone = _paint_alone(viewer, mask, watch)
    with _window(side) as (viewer, mask):
        predict, cancel, stopped_ms = _predict_and_cancel(viewer, watch)
    with _window(side) as (viewer, mask):
        shown, live = _paint_live(viewer, mask, watch)
    return [
        Row(f"stall_predict_{side}", predict, None, "ms", "longest pause of the window"),
        Row(f"stall_cancel_{side}", cancel, None, "ms", "longest pause of the window"),
        Row(f"cancel_{side}", stopped_ms, None, "ms", "from Cancel to the end"),
        Row(f"stall_result_{side}", shown, shown_alone, "ms", "a result shown anew, beside napari"),
        Row(f"stall_live_{side}", live, alone, "ms", "longest pause, beside napari alone"),
    ]


@contextmanager
def _window(side: int) -> Iterator[tuple[Viewer, Labels]]:
    """A window with a mask, drawn once; one for each part: some drivers crash on removed layers."""
    viewer = Viewer(show=True)
    labels = np.zeros((side, side), np.uint16)
    labels[side // 4 : side // 4 + 60, side // 4 : side // 4 + 60] = 1
    mask = viewer.add_labels(labels, name="mask")
    mask.brush_size, mask.mode = BRUSH_PX, "paint"
    wait_ms(FIRST_DRAW_MS)
    try:
        yield viewer, mask
    finally:
        viewer.close()
        wait_ms(FRAME_MS)


def _least_stall(mask: Labels, watch: StallWatch, is_settled: Callable[[], bool]) -> float:
    """The longest pause in a stroke, of the stroke with the least: others may use the machine."""
    stalls = []
    for _ in range(STROKES):
        with watch.watching():
            paint_stroke(mask)
            wait_until(is_settled)
        stalls.append(watch.longest_ms)
    return min(stalls)


def _paint_alone(viewer: Viewer, mask: Labels, watch: StallWatch) -> tuple[float, float]:
    """Another image shown, and strokes over it, without this plugin."""
    pixels = np.zeros(mask.data.shape, np.float32)
    image = viewer.add_image(pixels, contrast_limits=(0, 1))
    viewer.layers.move(1, 0)
    wait_ms(FIRST_DRAW_MS)
    with watch.watching():
        image.data = pixels.copy()
        wait_ms(FIRST_DRAW_MS)
    return watch.longest_ms, _least_stall(mask, watch, lambda: True)


def _predict_and_cancel(viewer: Viewer, watch: StallWatch) -> tuple[float, float, float]:
    """Stalls while a full run computes, while it is cancelled, and how long that takes."""
    dock = SynthesizeDock(viewer)
    viewer.window.add_dock_widget(dock, name="Synthesize")
    model = dock.model_section.key()
    _load_model(model)
    wait_ms(FIRST_DRAW_MS)
    with watch.watching():
        dock.run()
        wait_ms(PREDICT_MS)
    predict = watch.longest_ms
    with watch.watching():
        began = perf_counter()
        dock.cancel()
        wait_until(lambda: dock._job is None)
        stopped_ms = 1000 * (perf_counter() - began)
    return predict, watch.longest_ms, stopped_ms


def _paint_live(viewer: Viewer, mask: Labels, watch: StallWatch) -> tuple[float, float]:
    """Stalls while a ready result is shown anew, and while it follows the strokes."""
    dock = SynthesizeDock(viewer, _ready_backend())
    viewer.window.add_dock_widget(dock, name="Synthesize")
    dock.run()
    wait_until(lambda: dock._job is None)
    wait_ms(FIRST_DRAW_MS)
    dock.settings.form.set_values({"seed": 1})
    with watch.watching():
        dock.run()
        wait_until(lambda: dock._job is None)
        wait_ms(FIRST_DRAW_MS)
    shown = watch.longest_ms
    dock.toggle_live()
    wait_until(lambda: dock.live.is_settled)
    paint_stroke(mask)  # the first pieces prepare the engine
    wait_until(lambda: dock.live.is_settled)
    return shown, _least_stall(mask, watch, lambda: dock.live.is_settled)


def paint_stroke(mask: Labels) -> None:
    """A stroke along a wave through the middle, as napari's own mouse callback paints it."""
    layer: Any = mask  # Any: what the callback calls is private
    middle, last = mask.data.shape[-1] // 2, None
    layer.selected_label = int(mask.data[middle, middle]) % 7 + 2
    with layer.block_history():
        for step in range(STROKE_STEPS):
            along = 4 * (step - STROKE_STEPS / 2)
            point = (middle + 40 * np.sin(step / 6), middle + along)
            layer._draw(layer.selected_label, last, point)
            last = point
            wait_ms(FRAME_MS)


def wait_ms(milliseconds: int) -> None:
    """Handle events for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(is_true: Callable[[], bool]) -> None:
    """Handle events until it is.

    Raises
    ------
    TimeoutError
        After ten minutes.
    """
    began = perf_counter()
    while not is_true():
        wait_ms(TICK_MS)
        if 1000 * (perf_counter() - began) > LONGEST_WAIT_MS:
            raise TimeoutError("the benchmark waited for ten minutes")


def _load_model(key: str) -> None:
    """Have torch and the model in memory: they are read once in a session."""
    from napari_fidelity.models import load_model

    load_model(key)


def _ready_backend() -> SynthesisBackend:
    """The package's own, with a full run that takes no time."""
    from napari_fidelity.models import load_model

    backend = default_backend()

    def synthesize(mask: Image, params: Any, *_: Any, **_more: Any) -> Image:  # Any: not used
        response = load_model(params.model).manifest.response
        pinned = params.model_copy(update={"response": response})
        pixels = np.zeros(mask.array.shape, np.float32)
        recipe = {"params": pinned.model_dump(mode="json"), "source": {}}
        return replace(mask, array=pixels, name="result", provenance=recipe)

    return replace(backend, synthesize=synthesize)


if __name__ == "__main__":
    from napari_fidelity.app.benchmark.report import format_rows

    print(format_rows(measure_stalls()))
