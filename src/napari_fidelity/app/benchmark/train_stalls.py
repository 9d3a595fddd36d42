"""How long napari's window stands still while the Train dock follows a run.

The run is recorded, and much faster than any: 100 000 rows are there when the dock opens, then
another process writes 1 000 rows and new previews of 512² every second. Beside it the same window
without the dock, in which a layer of the previews' size is given new pixels as often. "Stall" is
time by the clock, which other programs stretch; "busy" is processor time of the window's thread,
which they do not.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from napari import Viewer

from napari_fidelity.app.benchmark.recorded_run import PREVIEWS, SIDE_PX, RecordedRun
from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.stalls import FRAME_MS, StallWatch, wait_ms, wait_until
from napari_fidelity.widgets.train_dock import TrainDock
from napari_fidelity.widgets.train_pictures import GAP_PX

WATCH_MS = 12_000
SETTLE_MS = 2_000
Pauses = tuple[float, float]  # by the clock, and of processor time


def measure_train_stalls() -> list[Row]:
    """Longest stalls in ms. Needs a display; a virtual one will do."""
    watch = BusyWatch()
    with _window() as viewer:
        alone = _update_alone(viewer, watch)
    with tempfile.TemporaryDirectory() as place, _window() as viewer:
        run = RecordedRun(Path(place) / "run")
        opened, followed = _follow(viewer, run, watch)
    return [
        Row("stall_train_open", opened[0], None, "ms", "a history of 100 000 rows is read"),
        Row("busy_train_open", opened[1], None, "ms", "processor time at a time"),
        Row("stall_train", followed[0], alone[0], "ms", "longest pause, beside napari alone"),
        Row("busy_train", followed[1], alone[1], "ms", "processor time at a time"),
    ]


class BusyWatch(StallWatch):
    """Notes beside the longest pause the most processor time of this thread between two ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.busiest_ms, self._last_busy = 0.0, time.thread_time()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note both from here to the end of the block, which handles events."""
        self.busiest_ms, self._last_busy = 0.0, time.thread_time()
        with super().watching():
            yield

    def noted(self) -> tuple[float, float]:
        """The longest pause, and the most processor time in a piece."""
        return self.longest_ms, self.busiest_ms

    def _tick(self) -> None:
        now = time.thread_time()
        self.busiest_ms = max(self.busiest_ms, 1000 * (now - self._last_busy))
        self._last_busy = now
        super()._tick()


@contextmanager
def _window() -> Iterator[Viewer]:
    viewer = Viewer(show=True)
    wait_ms(SETTLE_MS)
    try:
        yield viewer
    finally:
        viewer.close()
        wait_ms(FRAME_MS)


def _update_alone(viewer: Viewer, watch: BusyWatch) -> Pauses:
    """A layer as large as the results gets new pixels once a second."""
    shape = (PREVIEWS * (SIDE_PX + GAP_PX) - GAP_PX, SIDE_PX)
    pixels = [np.random.default_rng(n).random(shape).astype(np.float32) for n in range(2)]
    layers = [viewer.add_image(pixels[0], contrast_limits=(0, 1)) for _ in range(3)]
    wait_ms(SETTLE_MS)
    with watch.watching():
        for number in range(WATCH_MS // 1000):
            layers[1].data = pixels[number % 2]
            wait_ms(1000)
    return watch.noted()


def _follow(viewer: Viewer, run: RecordedRun, watch: BusyWatch) -> tuple[Pauses, Pauses]:
    """Stalls while the history is read, and while the run goes on with previews shown."""
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="Train")
    wait_ms(SETTLE_MS)
    with run.growing():
        with watch.watching():
            dock.watch_run(run.run.path, with_previews=False)
            wait_until(lambda: dock.watch.snapshot is not None and dock.watch.snapshot.is_complete)
            wait_ms(1000)
        opened = watch.noted()
        dock.watch.preview_box.setChecked(True)
        wait_until(lambda: len(viewer.layers) == len(("input", "result", "target")))
        wait_ms(SETTLE_MS)  # the first drawing of layers is napari's
        with watch.watching():
            wait_ms(WATCH_MS)
    followed = watch.noted()
    dock._on_removed()
    wait_until(lambda: not dock.watch.follow.is_reading)
    return opened, followed


if __name__ == "__main__":
    from napari_fidelity.app.benchmark.report import format_rows

    print(format_rows(measure_train_stalls()))
