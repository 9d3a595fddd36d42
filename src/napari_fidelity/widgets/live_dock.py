"""A dock whose result can follow the brush: full runs, quiet ones, and the switch between them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from napari.layers import Labels, Layer
from qtpy.QtCore import QEvent, QTimer

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM
from napari_fidelity.widgets.job_dock import JobDock
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.live_session import LiveSession, StartLive
from napari_fidelity.widgets.live_switch import LiveSwitch, live_problem
from napari_fidelity.widgets.own_result import Made, OwnResult
from napari_fidelity.widgets.see_through import SeeThrough
from napari_fidelity.widgets.synthesis_plan import Plan

RESTART_MS = 250  # a seed that is rolled through counts once


class LiveDock(JobDock):
    """Runs plans into `result`, and keeps it up to date while *Live* is on.

    A dock gives it `plan`, `mask_layer` and `start_live`, and calls `restart_live` when a setting
    changes.

    Parameters
    ----------
    verb : str
        What the button says.
    result : OwnResult
        The layer that is written.
    """

    def __init__(self, verb: str, result: OwnResult) -> None:
        super().__init__(verb)
        self.result = result
        self.live_switch = LiveSwitch()
        self.live_switch.toggled.connect(self._on_live_toggled)
        self._last: tuple[Plan, Made] | None = None
        self._quiet: Job | None = None
        self._is_restarting = False
        self._see_through = SeeThrough()
        self.live = LiveSession(result.viewer, result, self)
        self.live.said.connect(self._say_live)
        self.live.run_wanted.connect(self._on_run_wanted)
        self.live.run_unwanted.connect(self._stop_quiet)
        self.live.restart_wanted.connect(self._restart_now)
        self.live.stopped.connect(self.stop_live)
        self._restart = QTimer(self)
        self._restart.setSingleShot(True)
        self._restart.setInterval(RESTART_MS)
        self._restart.timeout.connect(self._restart_now)

    # ── what a dock says ─────────────────────────────────────────────────────────────────

    def plan(self) -> Plan:
        """What *Synthesize* would compute now.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        raise UserError(self.problem() or "There is nothing to compute.")

    def mask_layer(self) -> Layer | None:
        """The chosen mask."""
        return None

    def start_live(self) -> StartLive | None:
        """How to follow the brush; None when the model is not made for it."""
        return None

    # ── full runs ────────────────────────────────────────────────────────────────────────

    def start(self) -> Job:
        """Start the synthesis of the chosen mask; `job.finished` tells when it ended.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        if self._job is not None:
            raise UserError("A synthesis is running: cancel it or wait for it.")
        plan = self.plan()
        self._stop_quiet()
        self.live.note_run()
        job = start_job(
            plan.compute,
            text=f"Synthesize from {plan.destination.mask.name}",
            owner=self,
            on_result=lambda made: self._on_made(plan, made),
            on_error=self._on_failed,
            on_cancelled=self._on_cancelled,
            on_progress=self._on_progress,
        )
        return self._follow(job)

    def _on_progress(self, done: int, total: int, text: str) -> None:
        self._show_progress(done, total, f"{text} {100 * done // total} %" if total else text)

    def _on_made(self, plan: Plan, made: Made | None) -> None:
        if made is None:
            self._on_end("", HINT)
            self.live.wait_for_object()
            return
        said = self.result.write(made, plan.destination)
        self._last = plan, made
        self._on_end(f"{said} ({made.seconds:.1f} s)", HINT)
        self._restart_or(partial(self._take_or_restart, plan, made))

    def _on_failed(self, sentence: str) -> None:
        self._on_end(sentence, PROBLEM)
        self._restart_or(self._switch_off)

    def _on_cancelled(self) -> None:
        self._on_end("Cancelled: the layers are as they were.", HINT)
        self._restart_or(self._switch_off)

    def _restart_or(self, follow: Callable[[], None]) -> None:
        if self._is_restarting and self.live.is_on:
            self._restart_now()
        else:
            follow()

    # ── Live ─────────────────────────────────────────────────────────────────────────────

    def toggle_live(self) -> None:
        """As a press on *Live*; nothing happens while it is disabled."""
        self.live_switch.click()

    def stop_live(self, sentence: str) -> None:
        """Switch Live off and say why."""
        if self.live.is_on:
            self._switch_off()
            self.words.say(sentence, PROBLEM)

    def restart_live(self) -> None:
        """Something else is asked for than before: make it, and follow that."""
        if self.live.is_on:
            self._restart.start()

    def check_live(self) -> None:
        """Layers came or went: without its result Live has nothing to follow into."""
        if self.live.is_following and self.result.layer() is None:
            self.stop_live("Live has stopped: its result was deleted.")

    def live_problem(self) -> str:
        """Why Live cannot be switched on; empty when it can."""
        return self.problem() or live_problem(self.mask_layer())

    def _on_live_toggled(self, is_on: bool) -> None:
        if is_on:
            self._begin_live()
        else:
            self._switch_off()
            self.words.say("")
        self._update_state()

    def _begin_live(self) -> None:
        mask, problem = self.mask_layer(), self.live_problem()
        if problem or not isinstance(mask, Labels):
            self._switch_off()
            self.words.say(problem, PROBLEM)
            return
        self.live.begin(mask)
        self._see_through.begin(mask)
        if self._job is not None:  # it may have read the mask before edits were heard
            self.live.note_outdated()
        elif self._last is not None and self._is_fresh(*self._last):
            self.live.note_outdated()
            self._take(*self._last)
        else:
            self.run()

    def _is_fresh(self, plan: Plan, made: Made) -> bool:
        """Whether the result is what would be made now, but for edits of the mask."""
        layer = self.result.layer()
        if layer is None or layer.data is not made.image.array or made.labels is None:
            return False
        if getattr(plan.destination.mask.data, "shape", None) != made.image.shape:
            return False
        try:
            return plan.is_like(self.plan())
        except UserError:
            return False

    def _take_or_restart(self, plan: Plan, made: Made) -> None:
        """Follow the mask from a result, unless something else is asked for by now."""
        if self._is_fresh(plan, made):
            self._take(plan, made)
        else:
            self._restart_now()

    def _take(self, plan: Plan, made: Made) -> None:
        if self.live.is_on:
            self.live.take(plan, made, self.start_live())

    def _restart_now(self) -> None:
        self._restart.stop()
        self._is_restarting = False
        if not self.live.is_on:
            return
        if problem := self.live_problem():
            self.stop_live(f"Live has stopped: {problem}")
        elif self._job is not None:
            self._is_restarting = True
            self.cancel()
        else:
            self._last = None
            mask = self.mask_layer()
            assert isinstance(mask, Labels)
            self.live.begin(mask)
            self._see_through.begin(mask)
            self.run()

    def _on_run_wanted(self, is_quiet: bool) -> None:
        if not is_quiet and self._job is None:
            self.run()
        elif not is_quiet:
            self._restart_now()
        else:
            self._refit()

    def _refit(self) -> None:
        """Match the levels to the mask as it is now, without a word."""
        try:
            plan = self.plan()
        except UserError as error:
            self.stop_live(str(error))
            return
        self._stop_quiet()
        self.live.note_run()
        self._quiet = start_job(
            plan.compute,
            text="Match again",
            owner=self,
            on_result=lambda made: self._on_refitted(plan, made),
            on_error=self.stop_live,
            queued=False,
            shown=False,
        )

    def _on_refitted(self, plan: Plan, made: Made | None) -> None:
        self._quiet = None
        if made is not None and self.live.is_on:
            self.result.write(made, plan.destination)
            self._last = plan, made
            self._take(plan, made)

    def _stop_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.abandon()
            self._quiet = None

    def _switch_off(self) -> None:
        self._stop_quiet()
        self._restart.stop()
        self._is_restarting = False
        self.live.end()
        self._see_through.end()
        self.live_switch.set_on(False)
        self._update_state()

    def _say_live(self, sentence: str) -> None:
        if self._job is None:
            self.words.say(sentence, HINT)

    def event(self, event: QEvent | None) -> bool:
        """Let go of the layers when the dock is closed: napari takes the widget out of it."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None and self.live.is_on:
            self._switch_off()
        return bool(super().event(event))
