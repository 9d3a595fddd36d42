"""What the docks share that make one image from another: source, preview, run, result."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.copy_text import Call
from napari_fidelity.widgets.copy_menu import CopyButton, call_on_layers
from napari_fidelity.widgets.dock_parts import (
    DOCK_WIDTH_PX,
    HINT,
    LEAST_WIDTH_PX,
    PROBLEM,
    dock_style,
    set_look,
)
from napari_fidelity.widgets.filter_run import FilterPlan, Operate, plan_filter
from napari_fidelity.widgets.filter_source import FilterSource
from napari_fidelity.widgets.fitted_scroll import FittedFoot, FittedScroll
from napari_fidelity.widgets.job_dock import JobDock
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.key_help import KeyHelp
from napari_fidelity.widgets.own_result import Destination, Made, OwnResult
from napari_fidelity.widgets.palette import Palette, follow_theme, mix_colors
from napari_fidelity.widgets.preview_request import PreviewRequest
from napari_fidelity.widgets.preview_row import PreviewRow
from napari_fidelity.widgets.result_buttons import ResultButtons
from napari_fidelity.widgets.save_result import ask_and_save
from napari_fidelity.widgets.step_card import card_style
from napari_fidelity.widgets.visible_region import Region

PURPOSE = "The result is a layer of its own: the image stays as it is"


class FilterDock(JobDock):
    """An image, settings, a preview in the view, a button; the result is a layer above the image.

    A mask becomes a Labels layer, anything else an Image layer.

    A dock gives it `settings`, `operate`, `key_help` and the widgets between image and button.

    Parameters
    ----------
    viewer : ViewerModel
        The viewer whose layers are used.
    verb : str
        What the button says.
    operation : str
        Key of the operation.
    suffix : str
        What the result's file name ends in when a call is copied.
    """

    key_help: KeyHelp

    def __init__(self, viewer: ViewerModel, verb: str, *, operation: str, suffix: str) -> None:
        super().__init__(verb)
        self._viewer: ViewerModel = getattr(viewer, "__wrapped__", viewer)  # napari hands a proxy
        self._verb, self._operation, self._suffix = verb, operation, suffix
        self._state_words = ""
        self.source = FilterSource(self._viewer)
        self.result = OwnResult(self._viewer)
        self.preview_row = PreviewRow(self._viewer, self.preview_request, self)
        self.preview = self.preview_row.preview
        self.preview.above = self.result.layer
        self.preview.said.connect(self._on_preview_said)
        # with a parent from the start: what knows the dock would else be collected with a cycle
        self.buttons = ResultButtons(self)
        self.copy_button = CopyButton(self._find_call, self.words.say, self.buttons)

    # ── given by a dock ──────────────────────────────────────────────────────────────────

    @abstractmethod
    def settings(self) -> Params:
        """The operation's settings, validated.

        Raises
        ------
        UserError
            A value does not fit.
        """

    @abstractmethod
    def operate(self) -> Operate:
        """The operation."""

    def maker(self) -> str:
        """Results of different makers are kept beside each other."""
        return ""

    def follow_palette(self, palette: Palette) -> None:
        """Draw icons in the colours of the theme."""

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def lay_out(self, middle: Sequence[QWidget], foot: Sequence[QWidget] = ()) -> None:
        """Put `middle` under the image, scrolled; `foot` and the button stay in sight."""
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.setSpacing(4)
        layout.addWidget(self.source)
        for widget in middle:
            layout.addSpacing(8)
            layout.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(FittedScroll(content))
        outer.addWidget(self._make_foot(foot))
        outer.addStretch(1)
        self.setMinimumWidth(LEAST_WIDTH_PX)

    def _make_foot(self, first: Sequence[QWidget]) -> FittedFoot:
        """What stays in sight: preview, button, what is said, what to do with the result."""
        whole = FittedFoot()
        foot = QVBoxLayout(whole)
        foot.setContentsMargins(8, 8, 8, 8)
        foot.setSpacing(4)
        for widget in (*first, self.preview_row):
            foot.addWidget(widget)
        foot.addSpacing(2)
        foot.addLayout(self.key_help.beside(self.run_button))
        if (buttons := self.buttons.layout()) is not None:
            buttons.addWidget(self.copy_button)
        for widget in (self.bar, self.words, self.buttons):
            foot.addWidget(widget)
        return whole

    def connect_all(self) -> None:
        """Listen; called once after everything is made."""
        self.source.changed.connect(self.on_changed)
        self.source.scale.about_to_write.connect(self.preview.overlay.hide)
        self.buttons.keep.clicked.connect(self.keep)
        self.buttons.save.clicked.connect(self.save)
        for name in ("inserted", "removed", "renamed"):
            getattr(self._viewer.layers.events, name).connect(self._on_layers_changed)
        self._end_theme = follow_theme(self._viewer, self._on_theme)
        self._update_state()

    def _on_theme(self, palette: Palette) -> None:
        card = mix_colors(palette.background, palette.track, 0.35)
        style = card_style(card.name(), palette.outline.name(), palette.muted.name())
        self.setStyleSheet(dock_style(palette) + style)
        self.follow_palette(palette)

    def take_active_layer(self) -> None:
        """Choose the active image."""
        self.source.take_active_layer()

    def problem(self) -> str:
        """Why the button cannot work now, for a person; empty when it can."""
        if reason := self.source.problem():
            return reason
        try:
            self.settings()
        except UserError as error:
            return str(error)
        return ""

    def on_changed(self) -> None:
        """The image or the settings are others."""
        self._update_state()
        self.preview.touch()

    def _update_state(self) -> None:
        problem, running = self.problem(), self._job is not None
        self._update_run_button(
            self._verb, purpose=PURPOSE, stop="Stop; the layers stay as they are"
        )
        set_look(self.run_button, "running", "true" if running else "false")
        words = "" if running else problem
        if words or self.words.text() == self._state_words:
            self.words.say(words, PROBLEM if words and self.source.layer() is not None else HINT)
        self._state_words = words
        self.preview_row.box.setEnabled(self.source.layer() is not None and not running)
        self.buttons.show_result(self.result.layer())

    def _on_layers_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self._update_state()

    # ── the preview ──────────────────────────────────────────────────────────────────────

    def preview_request(self) -> PreviewRequest:
        """What the preview is to show now.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        layer = self.source.layer()
        if layer is None:
            raise UserError(self.source.problem())
        params, operate = self.settings(), self.operate()

        def run(image: Image, region: Region, progress: Progress) -> Image:
            return operate(image, params, progress, region=region)

        return PreviewRequest(layer, params, run, self.source.scale.stated())

    def _on_preview_said(self, sentence: str, _role: str) -> None:
        """Say once what stops both the preview and the button."""
        if sentence and sentence == self._state_words:
            self.preview_row.words.say("")

    # ── the computation ──────────────────────────────────────────────────────────────────

    def plan(self) -> FilterPlan:
        """What the button would compute now.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        layer = self.source.layer()
        if layer is None:
            raise UserError(self.source.problem())
        return plan_filter(
            layer,
            self.settings(),
            self.operate(),
            stated=self.source.scale.stated(),
            made_by=self.maker(),
            is_edited=self.result.checker(),
        )

    def start(self) -> Job:
        """Start the computation; `job.finished` tells when it ended.

        Raises
        ------
        UserError
            Something is missing or does not fit, or a computation runs.
        """
        if self._job is not None:
            raise UserError(f"“{self._verb}” is running: cancel it or wait for it.")
        plan = self.plan()
        layer = self.source.layer()
        assert layer is not None
        self.preview_row.set_on(False)
        job = start_job(
            plan.compute,
            text=f"{self._verb} {layer.name}",
            owner=self,
            on_result=lambda made: self._on_result(plan.place, made),
            on_error=lambda sentence: self._on_end(sentence, PROBLEM),
            on_cancelled=lambda: self._on_end("Cancelled: nothing was changed.", HINT),
            on_progress=self._show_progress,
        )
        return self._follow(job)

    def _on_result(self, place: Callable[[Image], Destination], made: Made) -> None:
        with self.source.staying():
            words = self.result.write(made, place(made.image))
        notes = made.image.provenance.get("notes", ())
        self._on_end(" ".join([words, *notes]), HINT)

    def _on_removed(self) -> None:
        self.preview_row.end()
        super()._on_removed()

    # ── the result ───────────────────────────────────────────────────────────────────────

    def keep(self) -> None:
        """Leave the result as it is: the next one gets a layer of its own."""
        if (layer := self.result.layer()) is not None:
            self.result.keep()
            self._update_state()
            self.words.say(f"“{layer.name}” is kept: the next result gets a new layer.")

    def save(self) -> Job | None:
        """Ask where, and write the result with its provenance; None when nothing was chosen."""
        layer = self.result.layer()
        if layer is None:
            return None
        return ask_and_save(layer, parent=self, is_edited=self.result.checker(), say=self.words.say)

    def _find_call(self) -> tuple[Call, list[Layer]]:
        layer = self.source.layer()
        if layer is None:
            raise UserError(self.source.problem())
        return call_on_layers(self._operation, self.settings(), [layer], suffix=self._suffix)

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as a dock may be."""
        return QSize(DOCK_WIDTH_PX - 4, 640)
