"""The line profile of the Compare dock: values of all chosen layers along one drawn line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari.components import ViewerModel
from napari.layers import Layer, Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.copy_text import Call
from napari_fidelity.operations.line_profile import LineProfiles, ProfileParams
from napari_fidelity.widgets.copy_menu import CopyButton, call_on_layers
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words, guard_wheel
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.job_failure import describe_failure
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.latest_answer import LatestAnswer
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layer_follow import LayerFollow
from napari_fidelity.widgets.palette import Palette, follow_theme
from napari_fidelity.widgets.profile_chart import Chart
from napari_fidelity.widgets.profile_line import add_line, line_verdict, take_line
from napari_fidelity.widgets.profile_plot import ProfilePlot
from napari_fidelity.widgets.profile_reading import Reading, check_plain, missed_words, read_line

DRAW = "Draw a line: the values of all chosen layers along it appear here."
DRAG = "Drag the ends of the line: the profile follows."
IN_A_CELL = "Side by side, the line has a cell of its own: swipe or blink shows it on the images."
NOTHING_YET = "There is no profile yet: draw a line first."
PLACEHOLDER = ((0.0, 0.0), (0.0, 1.0))


class ProfileSection(QWidget):
    """A line to draw, the profiles of the chosen layers along it, figure and CSV.

    Parameters
    ----------
    viewer : ViewerModel
        Where the line is drawn.
    chosen : sequence of Layer
        The layers to compare.

    Attributes
    ----------
    single_view_wanted : Signal
        Emitted when a line is drawn while napari's grid keeps it in a cell of its own.
    """

    single_view_wanted = Signal()

    def __init__(
        self, viewer: ViewerModel, chosen: Sequence[Layer] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._layers = viewer, list(chosen)
        self._own_line: Shapes | None = None
        self._is_closed = False
        self._reading: Reading | None = None
        self.line_choice = LayerChoice(viewer, line_verdict, empty_text="no line yet")
        self.line_choice.setAccessibleName("Line")
        guard_wheel(self.line_choice)
        self.draw_button = QPushButton("Draw a line")
        self.form = ParamsForm(ProfileParams, ["width", "interpolation"])
        self.relative_box = QCheckBox("Each from its least to its largest value")
        self.relative_box.setToolTip("Only the drawing: the saved values stay as they are")
        self.plot = ProfilePlot()
        self.words = Words(DRAW)
        self.figure_button, self.csv_button = QPushButton("Save figure…"), QPushButton("Save CSV…")
        self.copy_button = CopyButton(self.find_call, self.words.say)
        self._lay_out()
        self._follow = LayerFollow(viewer, self)
        self._answers = LatestAnswer(self._on_failure)
        self._connect()
        self._end_theme = follow_theme(viewer, self._on_theme)
        self.set_layers(self._layers)

    # ── what is seen ─────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        first, last = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.line_choice, 1)
        first.addWidget(self.draw_button)
        for button in (self.figure_button, self.csv_button, self.copy_button):
            last.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(first)
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        layout.addWidget(self.form)
        layout.addWidget(self.relative_box)
        layout.addLayout(last)

    def _connect(self) -> None:
        self.draw_button.clicked.connect(self.draw_line)
        self.line_choice.layer_changed.connect(self._on_line_chosen)
        self.form.changed.connect(self.refresh)
        self.relative_box.toggled.connect(self._on_relative)
        self.figure_button.clicked.connect(self.ask_and_save_figure)
        self.csv_button.clicked.connect(self.ask_and_save_csv)
        self._follow.changed.connect(self.refresh)
        self._viewer.layers.events.removed.connect(self._on_removed)

    def _on_theme(self, palette: Palette) -> None:
        if is_alive(self):
            self.plot.set_palette(palette)

    def _update_buttons(self) -> None:
        is_there = self.plot.chart is not None
        for button, tip in (
            (self.figure_button, "Pictures with the line, and the curves: PNG, SVG or PDF"),
            (self.csv_button, "Distance and the values of each layer, as they are"),
            (self.copy_button, "This profile as a script or a command"),
        ):
            button.setEnabled(is_there)
            button.setToolTip(tip if is_there else NOTHING_YET)

    # ── layers and line ──────────────────────────────────────────────────────────────────

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Compare these layers from now on; curves are in the order of the layer list."""
        known = [layer for layer in self._viewer.layers if any(layer is one for one in layers)]
        self._layers = [layer for layer in known if not isinstance(layer, Shapes)]
        self._follow_all()

    def _follow_all(self) -> None:
        if self._is_closed:
            return
        line = self.line_choice.chosen()
        self._follow.follow([*self._layers, *([line] if line is not None else [])])
        self.refresh()

    def draw_line(self) -> Shapes | None:
        """Add a line, or let the chosen one be dragged; None where there is no image for it."""
        if self._viewer.canvas.grid.enabled:
            self.single_view_wanted.emit()
        line = self.line_choice.layer()
        if isinstance(line, Shapes):
            take_line(self._viewer, line)
        elif not self._layers:
            self.words.say("Choose the layers to compare first.", PROBLEM)
            return None
        else:
            try:
                line = self._own_line = add_line(self._viewer, self._layers[0])
            except UserError as error:
                self.words.say(str(error), PROBLEM)
                return None
            self.line_choice.choose(line)
        self.words.say(IN_A_CELL if self._viewer.canvas.grid.enabled else DRAG, HINT)
        return line

    def close_section(self) -> None:
        """Stop following, and take away the line that the section added to the viewer."""
        if self._is_closed:
            return
        self._is_closed = True
        self._follow.stop()
        self._answers.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self._end_theme()
        if self._own_line is not None and self._own_line in self._viewer.layers:
            self._viewer.layers.remove(self._own_line)
        self._own_line = None

    def _on_line_chosen(self, _layer: Layer | None) -> None:
        self._follow_all()

    def _on_removed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.set_layers(self._layers)

    # ── the profile ──────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Read line and layers anew; the curves follow from a thread."""
        line = self.line_choice.layer()
        if not isinstance(line, Shapes):
            self._show_nothing(DRAW, HINT)
            return
        try:
            params = ProfileParams(points=PLACEHOLDER, **self.form.values())
            reading = read_line(self._viewer, line, self._layers, params)
        except UserError as error:
            self._show_nothing(str(error), PROBLEM)
            return
        self._answers.ask(reading.measure, lambda found: self._show(reading, found))

    def _show(self, reading: Reading, profiles: LineProfiles) -> None:
        if not is_alive(self):
            return
        is_first, self._reading = self._reading is None, reading
        self.plot.show_chart(Chart(profiles, self.relative_box.isChecked()))
        self.plot.setVisible(True)
        width = self.form.controls["width"].widget
        if isinstance(width, QDoubleSpinBox):
            width.setSuffix(f" {reading.unit}")
        if notes := [*reading.notes, *missed_words(profiles)]:
            self.words.say(" ".join(notes), PROBLEM)
        elif self.words.property("role") == PROBLEM or (is_first and self.words.text() == DRAW):
            self.words.say(DRAG, HINT)
        self._update_buttons()

    def _show_nothing(self, words: str, role: str) -> None:
        self._answers.drop()
        self._reading = None
        self.plot.show_chart(None)
        self.plot.setVisible(False)
        self.words.say(words, role)
        self._update_buttons()

    def _on_failure(self, error: BaseException) -> None:
        if is_alive(self):
            self._show_nothing(describe_failure(error, "Line profile"), PROBLEM)

    def _on_relative(self, on: bool) -> None:
        if self.plot.chart is not None:
            self.plot.show_chart(Chart(self.plot.chart.profiles, on))

    # ── what is kept ─────────────────────────────────────────────────────────────────────

    def ask_and_save_csv(self) -> Path | None:
        """Ask where, and write the values; None when nothing was written."""
        chart, path = self.plot.chart, self._ask("profile.csv", "Comma-separated values (*.csv)")
        if chart is None or path is None:
            return None
        try:
            chart.profiles.save(path)
        except UserError as error:
            self.words.say(str(error), PROBLEM)
            return None
        self.words.say(f"Saved {path.name} in {path.parent}.", HINT)
        return path

    def ask_and_save_figure(self) -> Job | None:
        """Ask where, and write the figure on a worker; None when nothing was chosen."""
        kinds = "PNG (*.png);;SVG (*.svg);;PDF (*.pdf)"
        chart, reading = self.plot.chart, self._reading
        path = self._ask("profile.png", kinds)
        if chart is None or reading is None or path is None:
            return None

        def write(progress: Progress) -> Path:
            from napari_fidelity.widgets.profile_figure import ProfileFigure, save_figure
            from napari_fidelity.widgets.profile_pictures import take_pictures

            progress(0, 2, "pictures")
            pictures = take_pictures(reading)
            progress(1, 2, "writing")
            return save_figure(ProfileFigure(pictures, chart), path)

        return start_job(
            write,
            text=f"Save {path.name}",
            owner=self,
            on_result=lambda written: self.words.say(f"Saved {written.name} in {written.parent}."),
            on_error=lambda sentence: self.words.say(sentence, PROBLEM),
            on_cancelled=lambda: self.words.say("Saving was cancelled: nothing was written."),
            queued=False,
        )

    def _ask(self, proposal: str, kinds: str) -> Path | None:
        if self.plot.chart is None:
            return None
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the line profile", proposal, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        return path if path.suffix else path.with_suffix(Path(proposal).suffix)

    def find_call(self) -> tuple[Call, list[Layer]]:
        """The shown profile as a call on the layers' files, and these layers.

        Raises
        ------
        UserError
            There is none, or files alone would not give it.
        """
        if self._reading is None:
            raise UserError(NOTHING_YET)
        shown = [layer for layer in self._layers if layer.name in self._reading.names]
        params = self._reading.params.model_copy(
            update={"plane": check_plain(self._viewer, shown, self._reading)}
        )
        return call_on_layers("profile", params, shown, suffix="profile.csv")
