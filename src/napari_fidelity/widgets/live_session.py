"""Live switched on: from the first edit of a mask to the last, through full runs and pieces."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from statistics import median
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.widgets.block_sums import Box
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.label_edits import LabelEdits
from napari_fidelity.widgets.live_painting import LivePainting, Renderer
from napari_fidelity.widgets.live_recipe import pack_source, set_source
from napari_fidelity.widgets.own_result import Made, OwnResult
from napari_fidelity.widgets.synthesis_plan import Plan

PIECE_PX = 256  # of a large edit: some 50 ms each
REDRAW_MS = 300  # after a stroke, where the whole is made anew
REFIT_MS = 1000
REFIT_LIMIT_S = 2.0
TOLD_STEPS = 20

StartLive = Callable[..., Renderer]


class LiveSession(QObject):
    """Follows a mask from `begin` to `end`; full runs are the dock's, which hands in results.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    result : OwnResult
        The layer that follows.
    parent : QObject
        The dock.

    Attributes
    ----------
    run_wanted : Signal
        A full run is due; the argument tells whether it should be a quiet one.
    run_unwanted : Signal
        The mask was edited: a quiet run is for nothing.
    restart_wanted : Signal
        The mask's pixels are of another shape or type now.
    said : Signal
        One short line for the dock.
    stopped : Signal
        `(sentence)`: why Live cannot go on.
    """

    run_wanted = Signal(bool)
    run_unwanted = Signal()
    restart_wanted = Signal()
    said = Signal(str)
    stopped = Signal(str)

    def __init__(
        self, viewer: ViewerModel, result: OwnResult, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._result = viewer, result
        self._edits: LabelEdits | None = None
        self._painting: LivePainting | None = None
        self._job: Job | None = None
        self._plan: Plan | None = None
        self._seconds = 0.0
        self._source: dict[str, Any] = {}  # Any: JSON
        self._since_run: list[Box] = []
        self._suspected = False
        self._edit_count = 0
        self._is_waiting = False
        self._is_redrawn = False
        self._is_noted = True  # whether the recipe holds the labels that the result shows
        self._steps_ms: deque[float] = deque(maxlen=TOLD_STEPS)
        self._run_timer = QTimer(self)
        self._run_timer.setSingleShot(True)
        self._run_timer.timeout.connect(self._ask_for_run)

    @property
    def is_on(self) -> bool:
        """Whether a mask is followed."""
        return self._edits is not None

    @property
    def is_following(self) -> bool:
        """Whether a result shows the mask, and is to go on doing so."""
        return self._plan is not None

    @property
    def is_settled(self) -> bool:
        """Whether the result and its recipe are those of the mask as it is."""
        if self._job is not None or self._run_timer.isActive():
            return False
        if self._painting is not None:
            return self._painting.is_idle
        return not (self._since_run or self._suspected)

    def begin(self, mask: Labels) -> None:
        """Listen to the edits of `mask`."""
        self.end()
        self._edits = edits = LabelEdits(mask, self)
        edits.edited.connect(self._on_edited)
        edits.suspected.connect(self._on_suspected)
        edits.committed.connect(self._on_committed)
        edits.replaced.connect(self.restart_wanted)

    def end(self) -> None:
        """Listen no more; the result stays as it is."""
        self._drop_painting()
        self._run_timer.stop()
        if self._edits is not None:
            self._edits.stop()
            self._edits.deleteLater()
        self._edits = self._plan = None
        self._since_run, self._suspected = [], False
        self._is_waiting = self._is_redrawn = False

    # ── full runs ────────────────────────────────────────────────────────────────────────

    def note_run(self) -> None:
        """A full run begins: it reads the mask as it is, or later."""
        self._since_run, self._suspected = [], False
        self._run_timer.stop()
        self._is_waiting = False

    def note_outdated(self) -> None:
        """The result may be of another state of the mask: it is to be compared."""
        self._suspected = True

    def wait_for_object(self) -> None:
        """The mask is empty: its first object starts a full run."""
        self._is_waiting = True
        self.said.emit("Live: paint a first object.")
        if self._since_run or self._suspected:
            self._run_timer.start(0)

    def take(self, plan: Plan, made: Made, start_live: StartLive | None) -> None:
        """Follow the edits since `made` was begun, which the result's layer now shows.

        Parameters
        ----------
        plan, made : Plan, Made
            What was asked for, and what came of it.
        start_live : callable or None
            `start_live(shape, origin, recipe_params)` gives a `Renderer`, on a worker; None: the
            model is not made to follow a brush.
        """
        self._drop_painting()
        self._plan, self._seconds, self._is_noted = plan, made.seconds, True
        self._source = dict(made.image.provenance.get("source", {}))
        self._is_redrawn = start_live is None
        if start_live is None:
            self.said.emit(f"Drawn anew after each stroke · {self._seconds:.1f} s")
            if self._since_run or self._suspected:
                self._run_timer.start(REDRAW_MS)
            return
        shape, origin = made.image.shape, made.image.origin
        params = made.image.provenance["params"]
        self._start_job(
            lambda: start_live(shape, origin, params),
            lambda renderer: self._paint(renderer, made),
            on_error=self.stopped.emit,
        )

    def _paint(self, renderer: Renderer, made: Made) -> None:
        from napari_fidelity.inference.dirty_region import DirtyRegion

        layer = self._result.layer()
        if self._edits is None or layer is None or made.labels is None:
            return
        if layer.data is not made.image.array:
            self.stopped.emit(f"Live has stopped: the pixels of “{layer.name}” are others now.")
            return
        height, width = made.image.shape[-2:]
        region = DirtyRegion((height, width), piece_px=PIECE_PX, margin_px=renderer.reach_px)
        self._painting = painting = LivePainting(
            self._viewer, self._edits, layer, renderer, region, made.labels, self._since_run, self
        )
        painting.wrote.connect(self._on_wrote)
        painting.stepped.connect(self._on_stepped)
        painting.quiet.connect(self._on_quiet)
        painting.ended.connect(self.stopped)
        if self._suspected:
            painting.compare()
        self._say_following()

    def _drop_painting(self) -> None:
        if self._job is not None:
            self._job.abandon()
            self._job = None
        if self._painting is not None:
            self._painting.stop()
            self._painting.deleteLater()
            self._painting = None

    # ── edits ────────────────────────────────────────────────────────────────────────────

    def _on_edited(self, index: Any, start: Any, stop: Any) -> None:  # Any: as in a Box
        self._since_run.append((index, start, stop))
        self._edit_count += 1
        self._hold_run()

    def _on_suspected(self) -> None:
        self._suspected = True
        self._edit_count += 1
        self._hold_run()
        if self._is_redrawn:
            self._run_timer.start(REDRAW_MS)

    def _on_committed(self) -> None:
        if self._is_redrawn:
            self._run_timer.start(REDRAW_MS)

    def _hold_run(self) -> None:
        """A quiet run would be for nothing; the first object of an empty mask starts one."""
        self.run_unwanted.emit()
        if self._is_waiting:
            self._is_waiting = False
            self._run_timer.start(0)
        elif self._painting is not None:
            self._run_timer.stop()

    def _ask_for_run(self) -> None:
        if self._edits is not None and self._is_redrawn and self._edits.is_painting():
            return  # its end starts the timer again
        self.run_wanted.emit(self._painting is not None)

    # ── pieces ───────────────────────────────────────────────────────────────────────────

    def _on_wrote(self, index: Any, start: Any, stop: Any) -> None:  # Any: as in a Box
        self._result.note_written(index, start, stop)
        layer = self._result.layer()
        if layer is not None and self._is_noted:
            self._is_noted = False
            set_source(layer, None)

    def _on_stepped(self, milliseconds: float) -> None:
        self._steps_ms.append(milliseconds)
        self._say_following()

    def _say_following(self) -> None:
        pace = f" · {median(self._steps_ms):.0f} ms a step" if self._steps_ms else ""
        self.said.emit(f"Follows your brush{pace}")

    def _on_quiet(self) -> None:
        """Bring the note of pixels and the recipe up to date, and see to the levels."""
        layer, edits, plan = self._result.layer(), self._edits, self._plan
        if layer is None or edits is None or plan is None:
            return
        count, labels, summing = self._edit_count, edits.layer.data, self._result.summing()
        if self._is_noted:
            return

        def work() -> tuple[Any, Any]:  # Any: what to call, and JSON
            note = summing() if summing is not None else None
            return note, pack_source(labels, self._source, lambda: count != self._edit_count)

        self._start_job(work, lambda found: self._note(layer, count, *found))
        if plan.is_fitted():
            if self._seconds < REFIT_LIMIT_S:
                self._run_timer.start(REFIT_MS)
            else:
                self.said.emit("Levels as matched before; press Synthesize to match again.")

    def _note(self, layer: ImageLayer, count: int, note: Any, source: Any) -> None:  # Any: as above
        if note is not None:
            note()
        if source is not None and count == self._edit_count and layer is self._result.layer():
            set_source(layer, source)
            self._is_noted = True

    def _start_job(
        self,
        work: Callable[[], Any],  # Any: each has its own result
        on_result: Callable[[Any], None],
        on_error: Callable[[str], None] | None = None,
    ) -> None:
        if self._job is not None:
            self._job.abandon()

        def finish(found: Any) -> None:  # Any: as above
            self._job = None
            on_result(found)

        self._job = start_job(
            lambda _progress: work(),
            text="Live",
            owner=self,
            on_result=finish,
            on_error=on_error,
            queued=False,
            shown=False,
        )
