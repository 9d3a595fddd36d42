"""The difference of two chosen layers in the Compare dock, as a map that follows the view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.copy_text import Call
from napari_fidelity.operations.difference import (
    DifferenceParams,
    ErrorSummary,
    Pixels,
    map_difference,
    map_plane,
    name_map,
)
from napari_fidelity.widgets.copy_menu import CopyButton, call_on_layers
from napari_fidelity.widgets.difference_map import DifferenceMap, find_limits, map_look
from napari_fidelity.widgets.difference_words import describe_summary
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words, guard_wheel
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.job_failure import describe_failure
from napari_fidelity.widgets.jobs import Job, is_alive, start_job
from napari_fidelity.widgets.latest_answer import LatestAnswer
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layer_follow import LayerFollow
from napari_fidelity.widgets.layer_frames import frame_difference
from napari_fidelity.widgets.layer_results import add_result_layer
from napari_fidelity.widgets.layers import grey_problem, source_from_layer
from napari_fidelity.widgets.world_planes import WorldPlane, shown_plane

NO_PAIR = "Choose two layers to compare above."
SAME = "Image and reference are the same layer: choose two."
SHOW_TIP = "A layer with the difference on the shown plane; it follows sliders and edits"
KEEP_TIP = "The difference on all planes, as a layer that stays"
Answer = tuple[Pixels, ErrorSummary]


class DifferenceSection(QWidget):
    """Two layers and a map: signed, absolute or relative difference on the shown plane.

    Parameters
    ----------
    viewer : ViewerModel
        Where the map is shown.
    chosen : sequence of Layer
        The layers to compare.
    """

    def __init__(
        self, viewer: ViewerModel, chosen: Sequence[Layer] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._viewer, self._layers = viewer, list(chosen)
        self._job: Job | None = None
        self._is_closed = False
        self.map = DifferenceMap(viewer)
        self.reference_choice = LayerChoice(viewer, self._reference_verdict, empty_text="none")
        self.image_choice = LayerChoice(viewer, self._image_verdict, empty_text="none")
        self.form = ParamsForm(DifferenceParams)
        self.show_button, self.keep_button = QPushButton("Show map"), QPushButton("Keep as layer")
        self.show_button.setCheckable(True)
        self.numbers, self.words = Words(), Words()
        self.copy_button = CopyButton(self.find_call, self.words.say)
        self._lay_out()
        self._follow = LayerFollow(viewer, self)
        self._answers = LatestAnswer(self._on_failure)
        self._connect()
        self.set_layers(self._layers)

    def _lay_out(self) -> None:
        layout, buttons = QVBoxLayout(self), QHBoxLayout()
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        pair = (("Image", self.image_choice), ("Reference", self.reference_choice))
        for row, (caption, choice) in enumerate(pair):
            choice.setAccessibleName(caption)
            guard_wheel(choice)
            grid.addWidget(QLabel(caption), row, 0)
            grid.addWidget(choice, row, 1)
        layout.addLayout(grid)
        for button in (self.show_button, self.keep_button, self.copy_button):
            buttons.addWidget(button)
        layout.addWidget(self.form)
        layout.addLayout(buttons)
        layout.addWidget(self.numbers)
        layout.addWidget(self.words)

    def _connect(self) -> None:
        self.image_choice.layer_changed.connect(self._on_image)
        self.reference_choice.layer_changed.connect(self._follow_pair)
        self.form.changed.connect(self.refresh)
        self.show_button.toggled.connect(self._on_shown)
        self.keep_button.clicked.connect(self.keep)
        self._follow.changed.connect(self.refresh)
        self._viewer.layers.events.removed.connect(self._on_removed)

    # ── the pair ─────────────────────────────────────────────────────────────────────────

    def set_layers(self, layers: Sequence[Layer]) -> None:
        """Compare these layers from now on: the lowest is the reference, the next the image."""
        self._layers = [one for one in self._viewer.layers if any(one is layer for layer in layers)]
        for choice in (self.image_choice, self.reference_choice):
            choice.refresh()
        pair = [layer for layer in self._layers if not grey_problem(layer)]
        chosen = [self.image_choice.layer(), self.reference_choice.layer()]
        if len(pair) > 1 and (None in chosen or chosen[0] is chosen[1]):
            self.image_choice.choose(pair[1])
            self.reference_choice.choose(pair[0])
        self._follow_pair()

    def problem(self) -> str:
        """Why there is no difference now, for a person; empty when there is one."""
        image, reference = self.image_choice.layer(), self.reference_choice.layer()
        if image is None or reference is None:
            return self.reference_choice.problem() or self.image_choice.problem() or NO_PAIR
        return SAME if image is reference else frame_difference(image, reference)

    def _is_chosen(self, layer: Layer) -> bool:
        return any(layer is one for one in self._layers)

    def _image_verdict(self, layer: Layer) -> str | None:
        return grey_problem(layer) if self._is_chosen(layer) else None

    def _reference_verdict(self, layer: Layer) -> str | None:
        if not self._is_chosen(layer):
            return None
        if problem := grey_problem(layer):
            return problem
        choice = getattr(self, "image_choice", None)  # not there while this choice is made
        image = None if choice is None else choice.layer()
        return "" if image is None or image is layer else frame_difference(image, layer)

    def _on_image(self, _layer: Layer | None) -> None:
        self.reference_choice.refresh()
        self._follow_pair()

    def _follow_pair(self, _layer: Layer | None = None) -> None:
        if self._is_closed:
            return
        pair = [self.image_choice.layer(), self.reference_choice.layer()]
        self._follow.follow([layer for layer in pair if layer is not None])
        self.refresh()

    def _on_removed(self, event: Any) -> None:  # Any: napari's event
        if not is_alive(self):
            return
        if self.map.is_mine(event.value):  # a person deleted it
            self.show_button.setChecked(False)
        self.set_layers(self._layers)

    # ── the map ──────────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Read the pair anew; the map follows from a thread."""
        problem = self.problem()
        kind = self.form.values()["kind"]
        self.form.show_row("floor", kind == "relative")
        for button, tip in (
            (self.show_button, SHOW_TIP),
            (self.keep_button, KEEP_TIP),
            (self.copy_button, "This difference as a script or a command"),
        ):
            button.setEnabled(not problem and not (button is self.keep_button and self._job))
            button.setToolTip(problem or tip)
        if problem or not self.show_button.isChecked():
            self._answers.drop()
            self._show_nothing(problem, HINT if problem in ("", NO_PAIR) else PROBLEM)
            return
        self._ask()

    def _ask(self) -> None:
        image, reference = self.image_choice.layer(), self.reference_choice.layer()
        assert image is not None
        assert reference is not None
        try:
            params = self.form.params()
            here, there = (shown_plane(self._viewer, layer) for layer in (image, reference))
        except UserError as error:
            self._show_nothing(str(error), PROBLEM)
            return
        assert isinstance(params, DifferenceParams)
        self._answers.ask(
            lambda: map_plane(here.pixels, there.pixels, params),
            lambda answer: self._show(answer, image, here, there, params),
        )

    def _show(
        self,
        answer: Answer,
        image: Layer,
        here: WorldPlane,
        there: WorldPlane,
        params: DifferenceParams,
    ) -> None:
        if not is_alive(self) or not self.show_button.isChecked() or self.problem():
            return
        pixels, summary = answer
        name = name_map(here.name, there.name, params)
        self.map.show(pixels, like=image, plane=here, kind=params.kind, name=name)
        self.numbers.say(describe_summary(summary), HINT)
        if self.words.property("role") == PROBLEM:
            self.words.say("")

    def _show_nothing(self, words: str, role: str) -> None:
        """Without words, what was said before stays unless it was a problem."""
        self.map.hide()
        self.numbers.say("")
        if words or self.words.text() == NO_PAIR or self.words.property("role") == PROBLEM:
            self.words.say(words, role)

    def _on_shown(self, _is_on: bool) -> None:
        self.refresh()

    def _on_failure(self, error: BaseException) -> None:
        if is_alive(self):
            self._show_nothing(describe_failure(error, "Difference"), PROBLEM)

    # ── what is kept ─────────────────────────────────────────────────────────────────────

    def keep(self) -> Job | None:
        """Add the difference on all planes as a layer; None where there is none."""
        image, reference = self.image_choice.layer(), self.reference_choice.layer()
        if self.problem() or self._job is not None or image is None or reference is None:
            return None
        params, sources = self.form.params(), [source_from_layer(o) for o in (image, reference)]
        assert isinstance(params, DifferenceParams)
        shown = self.map.layer
        names = ("colormap", "contrast_limits", "gamma")
        look = {} if shown is None else {name: getattr(shown, name) for name in names}

        def compute(progress: Progress) -> Image:
            progress(0, 0, "reading")
            return map_difference(sources[0].load(), sources[1].load(), params, progress)

        def add(result: Image) -> None:
            seen = look or map_look(params.kind, find_limits(result.array, params.kind))
            layer = add_result_layer(self._viewer, result, like=image, **seen)
            self._on_end(f"Added “{layer.name}”.", HINT)

        self._job = start_job(
            compute,
            text=f"Difference of {image.name} and {reference.name}",
            owner=self,
            on_result=add,
            on_error=lambda sentence: self._on_end(sentence, PROBLEM),
            on_cancelled=lambda: self._on_end("Cancelled.", HINT),
        )
        self.refresh()
        return self._job

    def _on_end(self, sentence: str, role: str) -> None:
        self._job = None
        self.refresh()
        self.words.say(sentence, role)

    def find_call(self) -> tuple[Call, list[Layer]]:
        """The difference as a call on the layers' files, and these layers.

        Raises
        ------
        UserError
            There is none.
        """
        image, reference = self.image_choice.layer(), self.reference_choice.layer()
        if (problem := self.problem()) or image is None:
            raise UserError(problem or NO_PAIR)
        return call_on_layers(
            "difference", self.form.params(), [image], suffix="difference", reference=reference
        )

    def close_section(self) -> None:
        """Stop following, and take the map away."""
        if self._is_closed:
            return
        self._is_closed = True
        self._follow.stop()
        self._answers.close()
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        if self._job is not None:
            self._job.abandon()
        self.map.hide()
