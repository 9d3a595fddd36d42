"""Looks at a run once a second: a thread reads its files, the window only draws."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.piece_thread import PieceThread
from napari_fidelity.widgets.train_reader import RunReader, Snapshot

TICK_MS = 1000
SOON_MS = 30  # more rows wait to be read
REST_MS = 5000  # of a run that ended: it may be resumed elsewhere


class TrainFollow(QObject):
    """Reads a run again and again from `watch` to `leave`.

    Attributes
    ----------
    seen : Signal
        Emitted with a `Snapshot`.
    wants_pictures : bool
        Whether previews are read too.
    """

    seen = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.wants_pictures = False
        self._reader: RunReader | None = None
        self._thread = PieceThread()
        self._thread.close_with(self)
        self._is_due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._read)

    @property
    def folder(self) -> Path | None:
        """The run that is watched."""
        return None if self._reader is None else self._reader.folder

    @property
    def is_reading(self) -> bool:
        """Whether the thread is at work."""
        return self._thread.is_busy

    def watch(self, folder: Path, pid: int = 0) -> None:
        """Watch the run in `folder`, which process `pid` may be about to make."""
        self._reader = RunReader(folder, pid)
        self._timer.start(0)

    def leave(self) -> None:
        """Watch nothing."""
        self._reader = None
        self._timer.stop()

    def look_now(self, *, pictures_again: bool = False) -> None:
        """Read at once: something was done to the run."""
        if self._reader is not None:
            if pictures_again:
                self._reader.show_again()
            self._timer.start(0)

    def _read(self) -> None:
        if self._reader is None:
            return
        if self._thread.is_busy:
            self._is_due = True
            return
        self._is_due = False
        read = partial(self._reader.read, wants_pictures=self.wants_pictures)
        tell = partial(self._on_read, self._reader)
        self._thread.run(read, tell, self._on_failure)

    def _on_read(self, reader: RunReader, snapshot: Snapshot) -> None:
        if not is_alive(self):
            return
        if self._is_due or not snapshot.is_complete:
            self._timer.start(SOON_MS)
        elif not self._timer.isActive():
            self._timer.start(TICK_MS if snapshot.is_alive else REST_MS)
        if reader is not self._reader:
            return
        self.seen.emit(snapshot)

    def _on_failure(self, error: BaseException) -> None:
        """A mistake of this program: say it where bugs are told, and go on looking."""
        if is_alive(self):
            self._timer.start(REST_MS)
        raise error
