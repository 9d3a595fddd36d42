"""The Assess dock: how far images can be trusted, measured against a real one, in words."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QEvent, QSize
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.assess_cards import describe_run, make_cards
from napari_fidelity.widgets.assess_inputs import AssessInputs
from napari_fidelity.widgets.assess_request import AssessRequest
from napari_fidelity.widgets.assess_result import AssessResult
from napari_fidelity.widgets.assess_table import open_table
from napari_fidelity.widgets.automatic_mask import start_automatic_mask
from napari_fidelity.widgets.background_overlay import BackgroundOverlay
from napari_fidelity.widgets.dock_parts import (
    DOCK_WIDTH_PX,
    HINT,
    PROBLEM,
    Words,
    dock_style,
    scrolled,
)
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.layer_watch import LayerWatch, sum_pixels
from napari_fidelity.widgets.metric_window import MetricWindow
from napari_fidelity.widgets.palette import Palette, follow_theme

NOTHING_YET = "Nothing is measured yet: press Assess first."


class AssessDock(QWidget):
    """Images, a reference, a mask, a button; the result is three bars for each image.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are measured.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._job: Job | None = None
        self._palette: Palette | None = None
        self._watch: LayerWatch | None = None
        self._edit = ""  # the first edit since the result was measured
        self.request: AssessRequest | None = None
        self.assessment: Assessment | None = None
        self.window_of_table: MetricWindow | None = None
        self.overlay = BackgroundOverlay(napari_viewer)
        self.inputs = AssessInputs(napari_viewer)
        self.run_button = QPushButton("Assess")
        self.run_button.setObjectName("fidelityRun")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.words = Words()
        self.result = AssessResult()
        self.table_button = QPushButton("All metrics…")
        self.background_button = QPushButton("Show background")
        self.background_button.setCheckable(True)
        self._lay_out()
        self._connect()
        self._end_theme = follow_theme(napari_viewer, self._on_theme)
        self._update_state()

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.table_button)
        buttons.addWidget(self.background_button)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.inputs, self.run_button, self.bar, self.words, self.result):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        layout.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(content))

    def _connect(self) -> None:
        self.run_button.clicked.connect(self._on_run_pressed)
        self.inputs.changed.connect(self._update_state)
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

    # ── what can be done now ─────────────────────────────────────────────────────────────

    def take_active_layer(self) -> None:
        """Choose what is active: Labels as the mask, an image among those to assess."""
        self.inputs.take_active_layer()

    def problem(self) -> str:
        """Why *Assess* cannot work now, for a person; empty when it can."""
        return self.inputs.problem()

    def stale_reason(self) -> str:
        """Why the result is out of date; empty when it is not, or there is none."""
        if self.assessment is None or self.request is None:
            return ""
        if self._edit:
            return self._edit
        try:
            return self.request.difference(self.inputs.request())
        except UserError:
            return ""  # nothing else can be asked for now; the result stays true

    def _update_state(self) -> None:
        problem, running = self.problem(), self._job is not None
        self._highlight(running or self._is_wanted())
        cancelling = self._job is not None and self._job.is_cancelling
        stale, measured = self.stale_reason(), self.assessment is not None
        self.result.setVisible(measured)
        self.result.set_stale(stale)
        again = "Assess again" if stale else "Assess"
        self.run_button.setText("Cancelling…" if cancelling else "Cancel" if running else again)
        self.run_button.setEnabled(not cancelling and (running or not problem))
        self.run_button.setToolTip("Stop" if running else problem or "Measure the ticked images")
        self.bar.setVisible(running)
        if not running and (problem or self.words.property("role") == HINT):
            self.words.say(problem, HINT)
        self.table_button.setEnabled(measured)
        self.table_button.setToolTip(
            "Every metric with its definition, to copy or save" if measured else NOTHING_YET
        )
        self._update_background_button()

    def _is_wanted(self) -> bool:
        """Whether a press of *Assess* would bring something new."""
        if self.assessment is None or self.request is None or self.stale_reason():
            return True
        measured = {id(layer) for layer in self.request.tests}
        return any(id(layer) not in measured for layer in self.inputs.tests.ticked())

    def _highlight(self, on: bool) -> None:
        """Fill the button with the theme's accent, or let it stand back."""
        name = "fidelityRun" if on else "fidelityRunAgain"
        if self.run_button.objectName() != name:
            self.run_button.setObjectName(name)
            if (style := self.run_button.style()) is not None:
                style.unpolish(self.run_button)
                style.polish(self.run_button)

    def _update_background_button(self) -> None:
        reason = ""
        if self.assessment is None:
            reason = NOTHING_YET
        elif self.assessment.background is None:
            reason = "Without a mask there is no background: choose or make a mask, then Assess."
        self.background_button.setEnabled(not reason)
        self.background_button.setToolTip(reason or "Show the pixels that Noise was measured in")
        self.background_button.blockSignals(True)
        self.background_button.setChecked(self.overlay.is_shown())
        self.background_button.blockSignals(False)

    def _on_layers_changed(self) -> None:
        if is_alive(self):
            self._show_names()
            self._update_state()

    def _show_names(self) -> None:
        """Let the cards follow a renamed layer."""
        if self.request is not None:
            for frame, layer in zip(self.result.cards, self.request.tests, strict=False):
                frame.title.set_whole_text(layer.name)

    # ── the computation ──────────────────────────────────────────────────────────────────

    def _on_run_pressed(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._update_state()
            return
        try:
            self.start()
        except UserError as error:
            self.words.say(str(error), PROBLEM)

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
        compute = request.computation()
        watch = LayerWatch(self._viewer, request.layers(), self)
        pixels = watch.pixels()

        def compute_both(progress: Progress) -> tuple[Assessment, dict[int, int]]:
            checksums = sum_pixels(pixels, progress)
            return compute(progress), checksums

        def on_end(sentence: str, role: str) -> None:
            watch.stop()
            self._on_end(sentence, role)

        edits: list[str] = []
        watch.edited.connect(edits.append)
        self._job = start_job(
            compute_both,
            text=f"Assess against {request.reference.name}",
            owner=self,
            on_result=lambda pair: self._on_result(request, pair[0], watch, pair[1], edits),
            on_error=lambda sentence: on_end(sentence, PROBLEM),
            on_cancelled=lambda: on_end("Cancelled.", PROBLEM),
            on_progress=self._on_progress,
        )
        self.bar.setRange(0, 0)
        self.words.say("Preparing…", HINT)
        self._update_state()
        return self._job

    def _on_progress(self, done: int, total: int, text: str) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.words.say(f"{text[:1].upper()}{text[1:]}…", HINT)

    def _on_result(
        self,
        request: AssessRequest,
        assessment: Assessment,
        watch: LayerWatch,
        checksums: dict[int, int],
        edits: list[str],
    ) -> None:
        if self._watch is not None:
            self._watch.stop()
        self._watch = watch
        self.request, self.assessment = request, assessment
        self._edit = edits[0] if edits else ""
        watch.edited.connect(self._on_edited)
        watch.set_checksums(checksums)
        assert self._palette is not None
        caption = describe_run(assessment, request)
        self.result.show_cards(make_cards(assessment), caption, self._palette)
        self._show_names()
        if self.overlay.is_shown():
            self._show_background()
        self._on_end("", HINT)

    def _on_end(self, sentence: str, role: str) -> None:
        self._job = None
        self.words.say(sentence, role)
        self._update_state()

    def _on_edited(self, sentence: str) -> None:
        self._edit = self._edit or sentence
        self._update_state()

    # ── around the result ────────────────────────────────────────────────────────────────

    def make_mask(self) -> Job | None:
        """Add a Labels layer of the reference above Otsu's threshold; it becomes the mask."""
        reference = self.inputs.reference.layer()
        if reference is None:
            return None
        return start_automatic_mask(self._viewer, reference, owner=self, say=self._say_problem)

    def _say_problem(self, sentence: str) -> None:
        self.words.say(sentence, PROBLEM)

    def show_table(self) -> MetricWindow | None:
        """Open the window with all metrics; the one of an older result is closed."""
        if self.assessment is None or self._palette is None:
            return None
        if self.window_of_table is not None and is_alive(self.window_of_table):
            self.window_of_table.close()
        self.window_of_table = open_table(
            self.assessment, self.result.caption.text(), self._palette, self
        )
        return self.window_of_table

    def _on_background_toggled(self, on: bool) -> None:
        if on:
            self._show_background()
        else:
            self.overlay.hide()
        self._update_state()

    def _show_background(self) -> None:
        assessment, request = self.assessment, self.request
        if assessment is None or request is None or assessment.background is None:
            self.overlay.hide()
            return
        like: Layer = request.reference
        self.overlay.show(assessment.background, like=like)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as a dock may be."""
        return QSize(DOCK_WIDTH_PX - 4, 640)

    def event(self, event: QEvent | None) -> bool:
        """Stop the computation when the dock is closed: napari takes the widget out of it."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None and self._job is not None:
            self._job.abandon()
            self._on_end("Stopped: the dock was closed.", PROBLEM)
        return bool(super().event(event))
