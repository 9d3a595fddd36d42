"""How long napari's window stands still while the Train dock follows a run.

The run is recorded, and much faster than any: 100 000 rows are there when the dock opens, then
1 000 rows and new previews of 512² come every second. Beside it the same window without the dock,
in which a layer of the previews' size is given new pixels as often. "Stall" is time by the clock,
which other programs stretch; "busy" is processor time of the window's thread, which they do not.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from napari import Viewer

from napari_fidelity.app.benchmark.row import Row
from napari_fidelity.app.benchmark.stalls import FRAME_MS, StallWatch, wait_ms, wait_until
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder
from napari_fidelity.training.run_status import new_status, write_status
from napari_fidelity.widgets.train_dock import TrainDock
from napari_fidelity.widgets.train_pictures import GAP_PX

HISTORY = 100_000
ROWS_A_SECOND = 1_000
SIDE_PX, PREVIEWS = 512, 4
WATCH_MS = 12_000
SETTLE_MS = 2_000
NAMES = tuple(f"field_{number}" for number in range(PREVIEWS))
Pauses = tuple[float, float]  # by the clock, and of processor time
LOSSES = ("generator", "discriminator", "l1", "cycle", "identity")


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


class RecordedRun:
    """A run folder that grows from a thread, as if an engine wrote into it."""

    def __init__(self, folder: Path) -> None:
        self.run = RunFolder.create(folder, TrainConfig.parse({"method": "care", "data": {}}))
        self._step = 0
        self._end = threading.Event()
        self._rng = np.random.default_rng(0)
        for kind in ("inputs", "targets"):
            self._write_images(self.run.previews / kind)
        self._write_images(folder.with_name("results"))
        self._add_rows(HISTORY)
        self._thread = threading.Thread(target=self._grow, daemon=True)

    @property
    def step(self) -> int:
        """The last step."""
        return self._step

    @contextmanager
    def growing(self) -> Iterator[None]:
        """Let it grow from here to the end of the block."""
        self._thread.start()
        yield
        self._end.set()
        self._thread.join()

    def _grow(self) -> None:
        results = self.run.path.with_name("results")
        while not self._end.wait(1.0):
            self._add_rows(ROWS_A_SECOND)
            part = self.run.previews / ".next.part"
            shutil.copytree(results, part)
            part.rename(self.run.previews / f"step_{self._step:07d}")

    def _add_rows(self, count: int) -> None:
        text = []
        for losses in self._rng.random((count, len(LOSSES))).round(6).tolist():
            self._step += 1
            row = {f"loss_{name}": loss for name, loss in zip(LOSSES, losses, strict=True)}
            text.append(json.dumps({"step": self._step, "rate_generator": 2e-4, **row}))
            if self._step % 200 == 0:
                time.sleep(0.001)
        scores = {"psnr": 20 + losses[0], "ssim": losses[1], "nrmse": losses[2]}
        means = {f"val_{key}": value for key, value in scores.items()}
        row_of_previews = {"step": self._step, **means, "previews": dict.fromkeys(NAMES, scores)}
        text.append(json.dumps(row_of_previews))
        with self.run.metrics.open("a", encoding="utf-8") as file:
            file.write("\n".join(text) + "\n")
        status = new_status(state="running", step=self._step, total_steps=10 * HISTORY)
        write_status(self.run.status, status)

    def _write_images(self, folder: Path) -> None:
        folder.mkdir()
        for name in NAMES:
            pixels = self._rng.random((SIDE_PX, SIDE_PX)).astype(np.float32)
            write_image(folder / f"{name}.tif", Image(pixels, axes="YX"))


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
