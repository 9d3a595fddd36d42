"""The Synthesize dock: from a painted mask to a realistic image, next to each other in napari."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.copy_text import Call
from napari_fidelity.widgets.camera_section import CameraSection
from napari_fidelity.widgets.copy_calls import synthesize_call
from napari_fidelity.widgets.copy_menu import CopyButton
from napari_fidelity.widgets.dock_keys import synthesize_help
from napari_fidelity.widgets.dock_parts import (
    HINT,
    PROBLEM,
    Fold,
    dock_style,
    scrolled,
    set_look,
)
from napari_fidelity.widgets.jobs import Job, is_alive
from napari_fidelity.widgets.layer_frames import layer_shape
from napari_fidelity.widgets.live_dock import LiveDock
from napari_fidelity.widgets.live_session import StartLive
from napari_fidelity.widgets.live_switch import switch_style
from napari_fidelity.widgets.mask_section import MaskSection
from napari_fidelity.widgets.match_section import MatchSection
from napari_fidelity.widgets.model_section import ModelSection
from napari_fidelity.widgets.own_result import OwnResult
from napari_fidelity.widgets.palette import Palette, follow_theme
from napari_fidelity.widgets.preferences import on_preferences_changed
from napari_fidelity.widgets.preflight_words import PreflightWords
from napari_fidelity.widgets.result_buttons import ResultButtons
from napari_fidelity.widgets.save_result import ask_and_save
from napari_fidelity.widgets.synthesis_backend import SynthesisBackend, default_backend
from napari_fidelity.widgets.synthesis_plan import Plan, plan_synthesis
from napari_fidelity.widgets.synthesis_settings import SynthesisSettings

NEXT = "The image appears as a new layer below the mask."
CATCHING_UP = "Live is catching up with the mask: save in a moment."


class SynthesizeDock(LiveDock):
    """A mask, a model, a button; the result is a layer below the mask.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are used.
    backend : SynthesisBackend, optional
        What computes. Default: this package's operation and models.
    """

    def __init__(self, napari_viewer: ViewerModel, backend: SynthesisBackend | None = None) -> None:
        napari_viewer = getattr(napari_viewer, "__wrapped__", napari_viewer)  # napari hands a proxy
        super().__init__("Synthesize", OwnResult(napari_viewer))
        self._viewer = napari_viewer
        self._backend = backend or default_backend()
        self._state_words = ""
        self.mask_section = MaskSection(napari_viewer)
        self.model_section = ModelSection(
            self._backend.list_models, self._backend.thumbnail_path, self._backend.model_problems
        )
        self.match_section = MatchSection(
            napari_viewer, self.mask_section.choice.chosen, self.result.layer
        )
        self.preflight = PreflightWords(self._backend.estimate)
        self.result_buttons = ResultButtons()
        self.copy_button = CopyButton(self._find_call, self.words.say)
        self.keep_button, self.save_button = self.result_buttons.keep, self.result_buttons.save
        self.settings = SynthesisSettings(self._backend.params_class, self._backend.levels_class)
        self.camera_section = CameraSection(napari_viewer, self.result.layer)
        self.model_section.choose(str(self._backend.params_class.model_fields["model"].default))
        self.key_help = synthesize_help(self, napari_viewer)
        self._lay_out()
        self._connect()
        self._end_theme = follow_theme(napari_viewer, self._on_theme)
        self._on_model_changed(self.model_section.key())
        self.take_active_layer()

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        fold = Fold("Seed, noise, levels, camera")
        fold.heading.setToolTip("What varies from image to image, and how bright it is")
        fold.content_layout.addWidget(self.settings)
        fold.content_layout.addWidget(self.camera_section)
        self.settings_fold = fold
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self.mask_section)
        layout.addSpacing(8)
        layout.addWidget(self.model_section)
        layout.addSpacing(8)
        layout.addWidget(self.match_section)
        layout.addSpacing(10)
        row = self.key_help.beside(self.run_button)
        row.insertWidget(1, self.live_switch)
        layout.addLayout(row)
        layout.addWidget(self.preflight)
        layout.addWidget(self.bar)
        layout.addWidget(self.words)
        layout.addWidget(self.result_buttons)
        layout.addWidget(self.copy_button)
        layout.addSpacing(6)
        layout.addWidget(fold)
        layout.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(content))
        self.setMinimumWidth(200)

    def _connect(self) -> None:
        self.keep_button.clicked.connect(self.keep)
        self.save_button.clicked.connect(self.save)
        self.mask_section.mask_changed.connect(self._on_mask_changed)
        self.model_section.model_changed.connect(self._on_model_changed)
        self.match_section.match_changed.connect(lambda _layer: self._on_request_changed())
        self.settings.changed.connect(self._on_request_changed)
        self.camera_section.changed.connect(self._on_request_changed)
        end_preferences = on_preferences_changed(self.restart_live)
        self.destroyed.connect(lambda _dock=None: end_preferences())
        for name in ("inserted", "removed", "renamed"):
            getattr(self._viewer.layers.events, name).connect(self._on_layers_changed)

    def _on_theme(self, palette: Palette) -> None:
        self.setStyleSheet(dock_style(palette) + switch_style(palette))
        self.live_switch.follow_palette(palette)
        self.settings.color_icons(palette.text)

    # ── what can be done now ─────────────────────────────────────────────────────────────

    def take_active_layer(self) -> None:
        """Choose what is active: Labels or Shapes as the mask, an image to match."""
        self.mask_section.take_active_layer()
        self.match_section.take_active_layer()

    def problem(self) -> str:
        """Why *Synthesize* cannot work now, for a person; empty when it can."""
        return (
            self.model_section.problem()
            or self.mask_section.problem()
            or self.match_section.problem()
            or self.camera_section.problem()
        )

    def _update_state(self) -> None:
        problem, running = self.problem(), self._job is not None
        self._update_run_button(
            "Synthesize", purpose=NEXT, stop="Stop; the layers stay as they are"
        )
        set_look(self.run_button, "running", "true" if running else "false")
        self._say_state("" if running else problem or (NEXT if self._is_new() else ""))
        self.match_section.refresh()
        matched = self.match_section.layer()
        self.settings.match_to(matched.name if matched is not None else "")
        self.result_buttons.show_result(self.result.layer())
        self.live_switch.show_state("" if running else self.live_problem())
        self._ask_preflight()

    def _ask_preflight(self) -> None:
        mask = self.mask_layer()
        if self._job is not None or self.live.is_on or mask is None or self.problem():
            self.preflight.forget()
            return
        try:
            params = self._read_params()
        except UserError:
            self.preflight.forget()
        else:
            self.preflight.ask(layer_shape(mask), params)

    def _is_new(self) -> bool:
        return self.result.layer() is None and self.words.text() in ("", self._state_words)

    def _say_state(self, words: str) -> None:
        """Say what hinders or comes next, without wiping what was said about a computation."""
        if words or self.words.text() == self._state_words:
            self.words.say(words, HINT)
        self._state_words = words

    def _on_request_changed(self) -> None:
        self._update_state()
        self.restart_live()

    def _on_mask_changed(self, layer: Layer | None) -> None:  # noqa: ARG002  # a signal's
        self._on_request_changed()

    def _on_model_changed(self, key: str) -> None:  # noqa: ARG002  # a signal's
        self.settings.set_training_levels(self.model_section.training_levels())
        self._on_request_changed()

    def _on_layers_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.check_live()
            self._update_state()

    # ── the computation ──────────────────────────────────────────────────────────────────

    def mask_layer(self) -> Layer | None:
        """The chosen mask."""
        return self.mask_section.chosen_mask()

    def plan(self) -> Plan:
        """What *Synthesize* would compute now.

        Raises
        ------
        UserError
            Something is missing or does not fit.
        """
        self.match_section.refresh()
        mask = self.mask_layer()
        if (problem := self.problem()) or mask is None:
            raise UserError(problem)
        return plan_synthesis(
            mask,
            self._read_params(),
            self._backend.synthesize,
            matched=self.match_section.layer(),
            below=self.mask_section.image_below(),
            is_edited=self.result.checker(),
            waits_for_objects=self.live.is_on,
        )

    def _read_params(self) -> Params:
        key, camera = self.model_section.key(), self.camera_section.camera()
        return self.settings.params(model=key, camera=camera)

    def _find_call(self) -> tuple[Call, list[Layer]]:
        mask = self.mask_layer()
        if (problem := self.problem()) or mask is None:
            raise UserError(problem)
        params = self._read_params()
        return synthesize_call(mask, params, self.match_section.layer())

    def start_live(self) -> StartLive | None:
        """How to follow the brush; None when the model is not made for it."""
        follows = self._backend.follows_brush(self.model_section.key())
        return self._backend.start_live if follows else None

    # ── the result ───────────────────────────────────────────────────────────────────────

    def keep(self) -> None:
        """Leave the result as it is: the next one gets a layer of its own."""
        if (layer := self.result.layer()) is not None:
            self.result.keep()
            self.words.say(f"“{layer.name}” is kept: the next result gets a new layer.")
            self._update_state()
            self.restart_live()

    def save(self) -> Job | None:
        """Ask where, and write the result with its provenance; None when nothing was chosen."""
        layer = self.result.layer()
        if layer is None:
            return None
        if self.live.is_on and not self.live.is_settled:
            self.words.say(CATCHING_UP, PROBLEM)
            return None
        return ask_and_save(layer, parent=self, is_edited=self.result.checker(), say=self.words.say)
