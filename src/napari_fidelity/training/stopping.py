"""How a run is asked to stop: its stop file, Ctrl-C, SIGTERM, or whoever watches the progress."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.training.run_folder import RunFolder

FILE_INTERVAL_S = 0.1
TOLD_INTERVAL_S = 0.1


class StopRequest:
    """Whether a run shall stop after this step."""

    def __init__(self, run: RunFolder, progress: Progress) -> None:
        self._run, self._progress = run, progress
        self._stopped = False
        self._looked = self._told = 0.0

    def ask(self) -> None:
        """Stop after this step."""
        self._stopped = True

    def is_asked(self) -> bool:
        """Whether anybody asked; the file is looked for ten times a second."""
        now = time.monotonic()
        if not self._stopped and now - self._looked >= FILE_INTERVAL_S:
            self._looked = now
            self._stopped = self._run.stop.exists()
        return self._stopped

    def tell(self, done: int, total: int, text: str) -> None:
        """Tell the progress, at most ten times a second and at the end."""
        now = time.monotonic()
        if now - self._told < TOLD_INTERVAL_S and done < total:
            return
        self._told = now
        try:
            self._progress(done, total, text)
        except Cancelled:
            self._stopped = True


@contextmanager
def listen_for_stop(run: RunFolder, progress: Progress) -> Iterator[StopRequest]:
    """A request that Ctrl-C and SIGTERM raise too; a second Ctrl-C ends the process at once."""
    request = StopRequest(run, progress)
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before: dict[int, object] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        request.ask()
        if number == signal.SIGINT:
            signal.signal(number, signal.default_int_handler)

    for listened in (signal.SIGINT, signal.SIGTERM):
        before[listened] = signal.signal(listened, stop)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
