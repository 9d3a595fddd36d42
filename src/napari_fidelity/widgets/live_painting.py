"""A result that follows its mask: edited boxes, rendered piece by piece, written while painting.

The main thread collects boxes, copies the few labels that a piece needs, and writes the rendered
pixels; a thread renders. A piece that is edited again meanwhile is rendered again: the latest
wins. After an edit that no event describes, the thread compares the whole mask, in rows of blocks.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.widgets.block_sums import BlockSums, Box, sum_row
from napari_fidelity.widgets.job_failure import describe_failure
from napari_fidelity.widgets.label_edits import LabelEdits
from napari_fidelity.widgets.partial_refresh import PartialRefresh
from napari_fidelity.widgets.piece_thread import PieceThread

Pixels = npt.NDArray[Any]  # Any: labels and results of every dtype
QUIET_MS = 300  # after the last piece: thumbnail and recipe follow


class Renderer(Protocol):
    """What makes the pixels of a box; `inference.live.LiveSynthesis` is one."""

    reach_px: int

    def read_box(
        self, start: Sequence[int], stop: Sequence[int]
    ) -> tuple[tuple[int, int], tuple[int, int]]:
        """The box of labels that a box of the result needs."""

    def render(
        self, index: Sequence[int], start: Sequence[int], stop: Sequence[int], labels: Pixels
    ) -> Pixels:
        """The box of the result; on a worker."""


class Region(Protocol):
    """Boxes that wait; `inference.dirty_region.DirtyRegion` is one."""

    def __bool__(self) -> bool:
        """Whether any waits."""

    def add(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> None:
        """One more."""

    def pop(self) -> Box | None:
        """The next piece."""


class LivePainting(QObject):
    """Keeps `result` equal to the synthesis of the labels, until `stop`. Main thread.

    Parameters
    ----------
    viewer : ViewerModel
        Where both layers are.
    edits : LabelEdits
        Tells of edits from now on.
    result : Image
        Its array shows the labels as they were when `sums` was taken, but for `waiting`.
    renderer : Renderer
        Makes pixels.
    region : Region
        An empty one of the canvas.
    sums : BlockSums
        Of the labels that the result shows.
    waiting : sequence of Box
        Edits since then.

    Attributes
    ----------
    stepped : Signal
        A piece is on the screen; milliseconds since it was taken up.
    wrote : Signal
        `(index, start, stop)`: pixels of the result were written.
    quiet : Signal
        Nothing was edited for a while: the result equals a full run.
    ended : Signal
        A sentence: why the result cannot be followed any more.
    """

    stepped = Signal(float)
    wrote = Signal(object, object, object)
    quiet = Signal()
    ended = Signal(str)

    def __init__(
        self,
        viewer: ViewerModel,
        edits: LabelEdits,
        result: ImageLayer,
        renderer: Renderer,
        region: Region,
        sums: BlockSums,
        waiting: Sequence[Box] = (),
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._edits, self._result, self._pixels = edits, result, result.data
        self._viewer, self._renderer, self._region, self._sums = viewer, renderer, region, sums
        self._rows: deque[tuple[int, ...]] = deque()
        self._canvas = PartialRefresh(viewer, result, self)
        self._thread = PieceThread()
        self._is_running = True
        self._wake = QTimer(self)  # an edit is read after the event that tells of it
        self._wake.setSingleShot(True)
        self._wake.timeout.connect(self._next)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(QUIET_MS)
        self._rest.timeout.connect(self._on_rest)
        edits.edited.connect(self.redraw)
        edits.suspected.connect(self.compare)
        for box in waiting:
            self.redraw(*box)

    @property
    def is_idle(self) -> bool:
        """Whether the result shows the labels as they are, for all that is known."""
        timers = self._wake.isActive() or self._rest.isActive()
        return not (self._region or self._rows or self._thread.is_busy or timers)

    @property
    def sums(self) -> BlockSums:
        """Of the labels that the result shows; those of edited blocks are not known."""
        return self._sums

    def redraw(self, index: Sequence[int], start: Sequence[int], stop: Sequence[int]) -> None:
        """Render again what depends on these labels."""
        if not self._is_running:
            return
        reach = self._renderer.reach_px
        self._sums.mark(index, start, stop)
        self._region.add(index, [low - reach for low in start], [high + reach for high in stop])
        self._rest.stop()
        self._wake.start(0)

    def compare(self) -> None:
        """Look for edits in the whole mask, after all that is known to wait."""
        if self._is_running:
            self._rows = deque(self._sums.rows())
            self._rest.stop()
            self._wake.start(0)

    def stop(self) -> None:
        """Let go of both layers; the piece that is being rendered is not written any more."""
        if self._is_running:
            self._is_running = False
            self._wake.stop()
            self._rest.stop()
            self._thread.close()

    # ── one step after the other ─────────────────────────────────────────────────────────

    def _next(self) -> None:
        if not self._is_running or self._thread.is_busy or not self._is_there():
            return
        if (piece := self._region.pop()) is not None:
            self._render(piece)
        elif self._rows:
            self._compare_row(self._rows.popleft())
        else:
            self._rest.start()

    def _is_there(self) -> bool:
        """Whether both layers are what they were; says what ended it where they are not."""
        mask, result = self._edits.layer, self._result
        reason = ""
        if mask not in self._viewer.layers:
            reason = f"“{mask.name}” was deleted"
        elif result not in self._viewer.layers:
            reason = f"“{result.name}” was deleted"
        elif result.data is not self._pixels:
            reason = f"the pixels of “{result.name}” are others now"
        if reason:
            self._end(f"Live has stopped: {reason}.")
        return not reason

    def _render(self, piece: Box) -> None:
        index, start, stop = piece
        began = time.perf_counter()
        first, last = self._renderer.read_box(start, stop)
        plane = self._edits.layer.data[tuple(index)]
        labels = np.array(plane[first[0] : last[0], first[1] : last[1]])
        self._thread.run(
            lambda: self._renderer.render(index, start, stop, labels),
            lambda pixels: self._write(piece, pixels, began),
            self._on_failure,
        )

    def _write(self, piece: Box, pixels: Pixels, began: float) -> None:
        if self._is_running and self._is_there():
            self._canvas.write(*piece, pixels)
            self.wrote.emit(*piece)
            self.stepped.emit(1000 * (time.perf_counter() - began))
            self._next()

    def _compare_row(self, row: tuple[int, ...]) -> None:
        labels, known = self._edits.layer.data, self._sums.expect_row(row)
        self._thread.run(
            lambda: sum_row(labels, row),
            lambda sums: self._on_compared(row, sums, known),
            self._on_failure,
        )

    def _on_compared(
        self, row: tuple[int, ...], sums: npt.NDArray[np.uint32], known: npt.NDArray[np.bool_]
    ) -> None:
        reach = self._renderer.reach_px
        for index, start, stop in self._sums.take_row(row, sums, known):
            self._region.add(index, [low - reach for low in start], [high + reach for high in stop])
        self._next()

    def _on_rest(self) -> None:
        if self._is_running and self._is_there():
            self._canvas.settle()
            self.quiet.emit()

    def _on_failure(self, error: BaseException) -> None:
        self._end(describe_failure(error, "Live"))

    def _end(self, sentence: str) -> None:
        self.stop()
        self.ended.emit(sentence)
