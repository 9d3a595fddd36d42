"""The Compare dock: layers beside each other, in one click and back in one."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QEvent, QSize
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.widgets.compare_inputs import CompareInputs
from napari_fidelity.widgets.compare_sections import SECTIONS
from napari_fidelity.widgets.compare_session import CompareSession
from napari_fidelity.widgets.dock_keys import compare_help
from napari_fidelity.widgets.dock_parts import (
    DOCK_WIDTH_PX,
    HINT,
    LEAST_WIDTH_PX,
    PROBLEM,
    Words,
    dock_style,
    scrolled,
    set_look,
)
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.palette import Palette, follow_theme
from napari_fidelity.widgets.section_fold import SectionFold


class CompareDock(QWidget):
    """Layers to tick, a view, and one button that begins and ends the comparison.

    Parameters
    ----------
    napari_viewer : ViewerModel
        The viewer whose layers are compared.
    """

    def __init__(self, napari_viewer: ViewerModel) -> None:
        super().__init__()
        # napari hands a proxy, whose layers are others at every look
        self._viewer: ViewerModel = getattr(napari_viewer, "__wrapped__", napari_viewer)
        self.session = CompareSession(self._viewer, self)
        self.inputs = CompareInputs(self._viewer, self.session.modes)
        self.run_button = QPushButton("Compare")
        self.run_button.setObjectName("fidelityRun")
        self.words = Words("", HINT)
        self.key_help = compare_help(self, self._viewer)
        self.sections = [SectionFold(spec, self._viewer) for spec in SECTIONS.values()]
        self._is_contrast_asked_for = False
        self._why_ended = ""
        self._lay_out()
        self._connect()
        self._end_theme = follow_theme(self._viewer, self._on_theme)
        self._on_ticked()

    def _lay_out(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.inputs)
        layout.addLayout(self.key_help.beside(self.run_button))
        layout.addWidget(self.words)
        for section in self.sections:
            layout.addWidget(section)
        layout.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(content))
        self.setMinimumWidth(LEAST_WIDTH_PX)

    def _connect(self) -> None:
        self.run_button.clicked.connect(self.toggle)
        self.inputs.layer_list.ticked_changed.connect(self._on_ticked)
        self.inputs.mode_buttons.chosen.connect(self.set_mode)
        self.inputs.contrast_box.clicked.connect(self._on_contrast_clicked)
        self.inputs.caption_box.toggled.connect(self.session.set_captions)
        for section in self.sections:
            section.single_view_wanted.connect(self._leave_grid)
        self.session.changed.connect(self._update_state)
        self.session.ended.connect(self._on_ended)
        self.session.said.connect(self.words.say)

    def _on_theme(self, palette: Palette) -> None:
        accent = palette.accent.name()
        self.setStyleSheet(
            dock_style(palette)
            + f"QToolButton#fidelityMode {{ padding: 5px; color: {palette.text.name()}; }}"
            + f"QToolButton#fidelityMode:checked {{ background-color: {accent}; }}"
        )

    def take_active_layer(self) -> None:
        """Tick the layers that are selected in napari's list, when there are several."""
        if not self.session.is_on:
            self.inputs.take_selected_layers()

    def layers(self) -> list[Layer]:
        """The ticked layers, the bottom one first."""
        return self.inputs.layers()

    def problem(self) -> str:
        """Why *Compare* cannot work now, for a person; empty when it can."""
        return self.session.problem(self.layers())

    def start(self) -> None:
        """Begin to compare the ticked layers; why that cannot be is said in the dock."""
        try:
            self.session.start(self.layers())
        except UserError as error:
            self.words.say(str(error), PROBLEM)

    def stop(self) -> None:
        """End the comparison; the viewer is as it was before."""
        self.session.stop()

    def toggle(self) -> None:
        """Begin, or end what has begun."""
        if self.session.is_on:
            self.stop()
        else:
            self.start()

    def set_mode(self, key: str) -> None:
        """Choose a view; a comparison goes on in it."""
        try:
            self.session.set_mode(key)
        except UserError as error:
            self.words.say(str(error), PROBLEM)
            self.inputs.show_mode(self.session.mode.key)

    def _leave_grid(self) -> None:
        """Show the images over each other, so that a line can be drawn on all of them."""
        if self.session.is_on and self.session.mode.key == "grid":
            self.set_mode("swipe")

    def show_next(self) -> None:
        """Show the next layer, where layers take turns; else go to the next view."""
        if self.session.is_on and self.session.mode.key == "blink":
            self.session.mode.show_next()
            return
        keys = list(self.session.modes)
        self.set_mode(keys[(keys.index(self.session.mode.key) + 1) % len(keys)])

    def _on_ticked(self) -> None:
        layers = self.layers()
        if not self.session.is_on and not self.problem():
            self._why_ended = ""
        self._judge_contrast(layers)
        self.session.set_layers(layers)
        for section in self.sections:
            section.set_layers(layers)
        self._update_state()

    def _judge_contrast(self, layers: list[Layer]) -> None:
        """Untick the common contrast where it would hide an image, unless it was asked for."""
        problem = self.session.contrast.problem(layers)
        if not self._is_contrast_asked_for:
            self.inputs.contrast_box.setChecked(not problem)
            self.session.set_contrast_shared(not problem)
        self.inputs.contrast_words.say("" if self._is_contrast_asked_for else problem, HINT)

    def _on_contrast_clicked(self, on: bool) -> None:
        self._is_contrast_asked_for = True
        self.inputs.contrast_words.say("", HINT)
        self.session.set_contrast_shared(on)

    def _on_ended(self, reason: str) -> None:
        self._why_ended = reason
        self._update_state()

    def _update_state(self) -> None:
        if not is_alive(self):
            return
        on, problem = self.session.is_on, self.problem()
        self.inputs.show_mode(self.session.mode.key)
        self.run_button.setText("Stop" if on else "Compare")
        set_look(self.run_button, "running", "true" if on else "false")
        self.run_button.setEnabled(on or not problem)
        purpose = "Show the viewer as it was before" if on else self.session.mode.purpose
        self.run_button.setToolTip(purpose if on else problem or purpose)
        if on:
            self._why_ended = ""
        self.words.say(self.session.mode.hint() if on else self._why_ended or problem, HINT)

    def event(self, event: QEvent | None) -> bool:
        """Leave the viewer as it was when the dock is closed: napari takes the widget out of it."""
        is_moved = event is not None and event.type() == QEvent.Type.ParentChange
        if is_moved and self.parent() is None:
            self.session.stop()
            for section in self.sections:
                section.close_section()
        return bool(super().event(event))

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as a dock may be."""
        return QSize(DOCK_WIDTH_PX - 4, 640)
