"""The status of a run, kept fresh from a thread of its own while steps may be long."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from napari_fidelity.training.run_status import RunStatus, write_status

INTERVAL_S = 1.0


class Heartbeat:
    """Writes `status.json` once a second, and at once where the state changes.

    Parameters
    ----------
    path : Path
        Of the file.
    status : RunStatus
        What it says first; the process is this one.

    Examples
    --------
    >>> import tempfile
    >>> from napari_fidelity.training.run_status import new_status, read_status
    >>> path = Path(tempfile.mkdtemp()) / "status.json"
    >>> with Heartbeat(path, new_status(total_steps=10)) as heart:
    ...     heart.tell(step=3)
    ...     heart.change(state="finished")
    >>> read_status(path).step
    3
    """

    def __init__(self, path: Path, status: RunStatus) -> None:
        self._path = path
        self._status = status.model_copy(update={"pid": os.getpid()})
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._write()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        self._write()

    @property
    def status(self) -> RunStatus:
        """What was said last."""
        return self._status

    def tell(self, **changes: Any) -> None:  # Any: fields of `RunStatus`
        """Change what the next beat says; costs a microsecond or two."""
        self._status = self._status.model_copy(update=changes)

    def change(self, **changes: Any) -> None:  # Any: as above
        """Change what it says, and write it now."""
        self.tell(**changes)
        self._write()

    def _beat(self) -> None:
        while not self._end.wait(INTERVAL_S):
            self._write()

    def _write(self) -> None:
        with self._lock, suppress(OSError):  # a full disk is the checkpoint's to complain about
            write_status(self._path, self._status.model_copy(update={"updated": time.time()}))
