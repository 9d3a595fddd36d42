"""The Assess dock: how far images can be trusted, measured against a real one, in words."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from napari.components import ViewerModel
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.assess_buttons import ResultButtons
from napari_fidelity.widgets.assess_cards import describe_run, make_cards
from napari_fidelity.widgets.assess_follow import AssessFollow, FollowRow
from napari_fidelity.widgets.assess_inputs import AssessInputs
from napari_fidelity.widgets.assess_request import AssessRequest
from napari_fidelity.widgets.assess_result import AssessResult
from napari_fidelity.widgets.assess_run import AssessRun
from napari_fidelity.widgets.assess_table import open_table
from napari_fidelity.widgets.automatic_mask import start_automatic_mask
from napari_fidelity.widgets.background_overlay import BackgroundOverlay
from napari_fidelity.widgets.copy_calls import assess_call
from napari_fidelity.widgets.dock_keys import assess_help
from napari_fidelity.widgets.dock_parts import (
    DOCK_WIDTH_PX,
    HINT,
    PROBLEM,
    dock_style,
    scrolled,
    set_style_name,
)
from napari_fidelity.widgets.job_dock import JobDock
from napari_fidelity.widgets.jobs import Job, is_alive
from napari_fidelity.widgets.metric_window import MetricWindow
from napari_fidelity.widgets.palette import Palette, follow_theme


class AssessDock(JobDock):
    """Images, a reference, a mask, a button; the result is three bars for each image.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are measured.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__("Assess")
        self._viewer = napari_viewer
        self._palette: Palette | None = None
        self._running: AssessRun | None = None
        self._shown: AssessRun | None = None
        self.follow = AssessFollow(self._measure_again, self)
        self.follow_row = FollowRow()
        self.overlay = BackgroundOverlay(napari_viewer)
        self.inputs = AssessInputs(napari_viewer)
        self.result = AssessResult()
        self.buttons = ResultButtons(lambda: assess_call(self.inputs.request()), self.words.say)
        self.table_button, self.background_button = self.buttons.table, self.buttons.background
        self.key_help = assess_help(self, napari_viewer)
        self._lay_out()
        self._connect()
        self._end_theme = follow_theme(napari_viewer, self._on_theme)
        self._update_state()

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.inputs)
        layout.addLayout(self.key_help.beside(self.run_button))
        for widget in (self.follow_row, self.bar, self.words, self.result, self.buttons):
            layout.addWidget(widget)
        layout.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(content))

    def _connect(self) -> None:
        self.inputs.changed.connect(self._on_inputs_changed)
        self.follow_row.box.toggled.connect(self._on_follow_toggled)
        self.follow.changed.connect(self._update_state)
        self.inputs.otsu_wanted.connect(self.make_mask)
        self.table_button.clicked.connect(self.show_table)
        self.background_button.toggled.connect(self._on_background_toggled)
        for name in ("removed", "renamed"):
            getattr(self._viewer.layers.events, name).connect(self._on_layers_changed)

    def _on_theme(self, palette: Palette) -> None:
        self._palette = palette
        again = "QPushButton#fidelityRunAgain { padding: 7px; font-weight: 600; }"
        self.setStyleSheet(dock_style(palette) + again)
        self.result.set_palette(palette)

    def take_active_layer(self) -> None:
        """Choose what is active: Labels as the mask, an image among those to assess."""
        self.inputs.take_active_layer()

    def problem(self) -> str:
        """Why *Assess* cannot work now, for a person; empty when it can."""
        return self.inputs.problem()

    @property
    def assessment(self) -> Assessment | None:
        """The result that is shown; None before the first."""
        return None if self._shown is None else self._shown.assessment

    def stale_reason(self) -> str:
        """Why the result is out of date; empty when it is not, or there is none."""
        if self._shown is None:
            return ""
        if self._shown.edit:
            return self._shown.edit
        try:
            return self._shown.request.difference(self.inputs.request())
        except UserError:
            return ""  # nothing else can be asked for now; the result stays true

    def _update_state(self) -> None:
        problem, running = self.problem(), self._job is not None
        updating = self.follow.is_updating and not problem
        self._highlight(running or (self._is_wanted() and not updating))
        self.follow_row.show_updating(updating and not running)
        stale = "" if updating else self.stale_reason()
        self.result.setVisible(self.assessment is not None)
        self.result.set_stale(stale)
        verb = "Assess again" if stale else "Assess"
        self._update_run_button(verb, purpose="Measure the ticked images")
        if not running and (problem or self.words.property("role") == HINT):
            self.words.say(problem, HINT)
        self.buttons.update_state(self.assessment, is_shown=self.overlay.is_shown())
        self._order_focus()

    def _order_focus(self) -> None:
        """Let Tab go from top to bottom: boxes of new layers would come last otherwise."""
        buttons = (self.run_button, self.key_help, self.follow_row.box, self.words)
        order = [*self.inputs.controls(), *buttons, *self.buttons.in_order()]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _is_wanted(self) -> bool:
        """Whether a press of *Assess* would bring something new."""
        if self._shown is None or self.stale_reason():
            return True
        measured = {id(layer) for layer in self._shown.request.tests}
        return any(id(layer) not in measured for layer in self.inputs.tests.ticked())

    def _highlight(self, on: bool) -> None:
        """Fill the button with the theme's accent, or let it stand back."""
        set_style_name(self.run_button, "fidelityRun" if on else "fidelityRunAgain")

    def _on_layers_changed(self) -> None:
        if is_alive(self):
            self._show_names()
            self._update_state()

    def _show_names(self) -> None:
        """Let the cards follow a renamed layer."""
        if self._shown is not None:
            self.result.name_cards([layer.name for layer in self._shown.request.tests])

    def start(self) -> Job:
        """Start measuring; `job.finished` tells when it ended.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        if self._job is not None:
            raise UserError("A measurement is running: cancel it or wait for it.")
        self.inputs.refresh()
        request = self.inputs.request()
        self.follow.drop()
        run = self._prepare_run(request)
        job = run.start(
            on_result=self._on_result,
            on_error=lambda sentence: self._on_end(sentence, PROBLEM),
            on_cancelled=lambda: self._on_end("Cancelled.", PROBLEM),
            on_progress=self._on_progress,
            before=self.assessment,
        )
        return self._follow(job)

    def _prepare_run(self, request: AssessRequest) -> AssessRun:
        self._forget_running()
        self._running = run = AssessRun(self._viewer, request, self)
        run.touched.connect(self.follow.touch)
        return run

    def _forget_running(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    def _on_progress(self, done: int, total: int, text: str) -> None:
        room = max(self.width() - 130, 60)  # one line: the cards below must not jump
        mode = Qt.TextElideMode.ElideMiddle
        self._show_progress(done, total, self.words.fontMetrics().elidedText(text, mode, room))

    def _on_result(self) -> None:
        self._show_result()
        self._on_end("", HINT)

    def _show_result(self) -> None:
        run, self._running = self._running, None
        assert run is not None
        assert run.assessment is not None
        assert self._palette is not None
        if self._shown is not None:
            self._shown.stop()
        self._shown = run
        run.edited.connect(self._update_state)
        caption = describe_run(run.assessment, run.request)
        self.result.show_cards(make_cards(run.assessment), caption, self._palette)
        self._show_names()
        if self.overlay.is_shown() and not run.has_same_background:
            self._show_background()

    def _on_end(self, sentence: str, role: str) -> None:
        """Forget the job; a run without a result goes, the older result stays."""
        self._forget_running()
        super()._on_end(sentence, role)
        if self._is_wanted():
            self.follow.touch()

    def _on_follow_toggled(self, on: bool) -> None:
        self.follow.set_on(on)
        if self._job is None:
            self._forget_running()
        if on and self._is_wanted():
            self.follow.touch()
        self._update_state()

    def _on_inputs_changed(self) -> None:
        if self.follow.is_on and self._is_wanted():
            self.follow.touch()
        self._update_state()

    def _measure_again(self) -> Job | None:
        """Start what `follow` asks for; None when nothing can be measured, or is already."""
        if self._job is not None or self.problem() or not self._is_wanted():
            return None
        run = self._prepare_run(self.inputs.request())
        return run.start(
            on_result=self._on_followed,
            on_error=self._on_follow_failed,
            on_cancelled=self._forget_running,
            before=self.assessment,
            quiet=True,
        )

    def _on_followed(self) -> None:
        self._show_result()
        self.words.say("", HINT)

    def _on_follow_failed(self, sentence: str) -> None:
        """Say it once: after a bug nothing is measured again by itself."""
        self._forget_running()
        details = self.follow.failure_details
        self.words.say(sentence, PROBLEM, details)
        if details:
            self.follow_row.box.setChecked(False)

    def _on_removed(self) -> None:
        self.follow_row.box.setChecked(False)
        super()._on_removed()

    def make_mask(self) -> Job | None:
        """Add a Labels layer of the reference above Otsu's threshold; it becomes the mask."""
        reference = self.inputs.reference_choice.layer()
        if reference is None:
            return None
        say = partial(self.words.say, role=PROBLEM)
        return start_automatic_mask(self._viewer, reference, owner=self, say=say)

    def show_table(self) -> MetricWindow | None:
        """Open the window with all metrics; the one of an older result is closed."""
        if self.assessment is None or self._palette is None:
            return None
        return open_table(self.assessment, self.result.caption.text(), self._palette, self)

    def _on_background_toggled(self, on: bool) -> None:
        self._show_background(on)
        self._update_state()

    def _show_background(self, on: bool = True) -> None:
        assessment = self.assessment if on else None
        if self._shown is None or assessment is None or assessment.background is None:
            self.overlay.hide()
        else:
            request = self._shown.request
            self.overlay.show(assessment.background, like=request.reference, plane=request.plane())

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as a dock may be."""
        return QSize(DOCK_WIDTH_PX - 4, 640)
