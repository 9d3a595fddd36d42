"""What is to be measured against what: the upper half of the Assess dock."""

from __future__ import annotations

from typing import Any

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.settings import MeasureSettings
from napari_fidelity.operations.assess import AssessParams
from napari_fidelity.widgets.assess_request import AssessRequest, find_plane
from napari_fidelity.widgets.assess_verdicts import (
    judge_mask,
    judge_reference,
    judge_test,
    pick_mask,
    pick_reference,
    spell_refusal,
)
from napari_fidelity.widgets.background_choice import BackgroundChoice
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, Fold, Words, guard_wheel
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layer_frames import layer_shape
from napari_fidelity.widgets.layer_list import LayerList
from napari_fidelity.widgets.number_or_choice import NarrowComboBox, NumberOrChoice
from napari_fidelity.widgets.setting_words import put_words

SCOPES = {
    "stack": ("Whole stack", "All planes together: one number for each image."),
    "planes": ("Each plane", "Every plane by itself; the bars show the mean and the range."),
    "plane": ("This plane", "Only the plane that the viewer shows when Assess is pressed."),
}
LAYER_DATA_EVENTS = ("data", "scale", "translate", "rotate", "shear", "affine")


class AssessInputs(QWidget):
    """Reference, mask, images, scope, background, settings.

    `changed` is emitted when what would be measured may have changed; `otsu_wanted` when
    the person asks for an automatic mask.
    """

    changed = Signal()
    otsu_wanted = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._mask_is_chosen = False
        self.reference_choice = LayerChoice(viewer, judge_reference, empty_text="open an image")
        self.mask_choice = LayerChoice(viewer, self._judge_mask, none_text="none")
        self.tests = LayerList(viewer, self._judge_test, self._spell_refusal)
        self.scope = NarrowComboBox()
        self.scope.add_choices(SCOPES)
        self.background = BackgroundChoice(viewer, self._judge_background)
        self.settings = ParamsForm(MeasureSettings)
        put_words(self.settings)
        for box in (self.reference_choice, self.mask_choice):
            guard_wheel(box)
        self.otsu_button = QPushButton("Make one (Otsu)")
        self._mask_hint = self._make_mask_hint()
        self._lay_out()
        self._refresh_soon = QTimer(self)
        self._refresh_soon.setSingleShot(True)
        self._refresh_soon.timeout.connect(self.refresh)
        self._watched: set[int] = set()
        self._connect()
        self.reference_choice.choose(pick_reference(viewer))
        self.refresh()

    def problem(self) -> str:
        """Why nothing can be measured now; empty when it can."""
        if self.reference_choice.layer() is None:
            return "Open an image to compare with."
        if not self.tests.offered():
            return "Open or synthesize a second image of the reference's size."
        if not self.tests.ticked():
            return "Tick an image to assess."
        try:
            self.settings.params()
        except UserError as error:
            return str(error)
        return self.background.problem(self.mask_choice.layer())

    def request(self) -> AssessRequest:
        """What the person asked for.

        Raises
        ------
        UserError
            Nothing can be measured; the sentence says why.
        """
        reference, problem = self.reference_choice.layer(), self.problem()
        if reference is None or problem:
            raise UserError(problem)
        scope = self.scope.currentData() if self._is_stack() else "stack"
        plane = find_plane(self._viewer, reference) if scope == "plane" else ()
        mask = self.mask_choice.layer()
        return AssessRequest(
            tests=tuple(self.tests.ticked()),
            reference=reference,
            mask=mask,
            background=self.background.layer(),
            background_label=None if mask is None else self.background.label(),
            params=AssessParams(scope=scope, plane=plane, metrics=self._measure_settings()),
        )

    def take_active_layer(self) -> None:
        """Choose what is active: Labels or Shapes as the mask, an image among those to assess."""
        active = self._viewer.layers.selection.active
        if active is None:
            return
        if self._judge_mask(active) == "":
            self.choose_mask(active)
        elif active is self.reference_choice.layer():
            self.reference_choice.choose(pick_reference(self._viewer))
            self.refresh()
        if active in self.tests.offered():
            self.tests.tick([active, *self.tests.ticked()])

    def choose_mask(self, layer: Layer | None) -> None:
        """Choose the mask as a person does: it stays when newer ones are added."""
        self.mask_choice.choose(layer)
        self._mask_is_chosen = True

    def controls(self) -> list[QWidget]:
        """Everything that takes the keyboard, from top to bottom."""
        settings: list[QWidget] = []
        for control in self.settings.controls.values():
            box = control.widget
            settings += [box.combo, box.number] if isinstance(box, NumberOrChoice) else [box]
        return [
            *self.tests.boxes(),
            self.reference_choice,
            self.mask_choice,
            self.otsu_button,
            self.scope,
            *self.background.controls(),
            self.fold.heading,
            *settings,
        ]

    def refresh(self) -> None:
        """Look at all layers anew."""
        for layer in self._viewer.layers:
            self._watch(layer)
        self.reference_choice.refresh()
        self.mask_choice.refresh()
        if self.mask_choice.layer() is None and not self._mask_is_chosen:
            self.mask_choice.choose(pick_mask(self._viewer, self.reference_choice.layer()))
        self.tests.refresh()
        self.background.refresh()
        self._update()

    def _update(self) -> None:
        self._form.setRowVisible(self.scope, self._is_stack())
        has_reference = self.reference_choice.layer() is not None
        self._form.setRowVisible(
            self._mask_hint, self.mask_choice.layer() is None and has_reference
        )
        self.background.set_margin(self.settings.controls["margin_px"].read())
        self._form.setRowVisible(
            self.background,
            self.mask_choice.layer() is not None or self.background.mode.currentData() == "layer",
        )
        self.changed.emit()

    def _measure_settings(self) -> MeasureSettings:
        return MeasureSettings.parse(self.settings.values())

    def _is_stack(self) -> bool:
        reference = self.reference_choice.layer()
        return reference is not None and len(layer_shape(reference)) > 2

    def _judge_mask(self, layer: Layer) -> str | None:
        return judge_mask(layer, self.reference_choice.layer())

    def _judge_background(self, layer: Layer) -> str | None:
        return (
            None
            if layer is self.mask_choice.layer()
            else judge_mask(layer, self.reference_choice.layer())
        )

    def _judge_test(self, layer: Layer) -> str | None:
        return judge_test(layer, self.reference_choice.layer())

    def _spell_refusal(self, layer: Layer) -> str:
        return spell_refusal(layer, self.reference_choice.layer())

    def _make_mask_hint(self) -> QWidget:
        hint = QWidget()
        layout = QVBoxLayout(hint)
        layout.setContentsMargins(0, 0, 0, 0)
        words = QLabel("Signal and Noise need a mask.")
        words.setProperty("role", HINT)
        self.otsu_button.setToolTip(
            "Adds a Labels layer: the reference's pixels above Otsu's threshold.\n"
            "Look at it and correct it before you trust the numbers."
        )
        layout.addWidget(words)
        layout.addWidget(self.otsu_button)
        return hint

    def _lay_out(self) -> None:
        form = self._form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        rows: list[tuple[str, QWidget, str]] = [
            ("Reference", self.reference_choice, "The real image that the others should be like."),
            ("Mask", self.mask_choice, "Where the structures are: Labels, a 0/1 image or Shapes."),
            ("Measure", self.scope, "Which planes of a stack."),
            ("Background", self.background, "The pixels in which Noise compares the images."),
        ]
        caption = Words("Images to assess", CAPTION)
        caption.setToolTip("Images on the reference's pixels; tick those to be measured.")
        form.addRow(caption)
        form.addRow(self.tests)
        for title, widget, tooltip in rows:
            label = QLabel(title)
            label.setToolTip(tooltip)
            label.setBuddy(widget)
            form.addRow(label, widget)
            if widget is self.mask_choice:
                form.addRow(self._mask_hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        self.fold = Fold("Settings")
        self.fold.content_layout.addWidget(self.settings)
        layout.addWidget(self.fold)

    def _connect(self) -> None:
        self.reference_choice.layer_changed.connect(lambda _: self._refresh_soon.start(0))
        self.mask_choice.layer_changed.connect(lambda _: self._refresh_soon.start(0))
        self.mask_choice.activated.connect(self._on_mask_chosen)
        self.tests.ticked_changed.connect(self._update)
        self.scope.currentIndexChanged.connect(lambda _: self._update())
        self.background.changed.connect(self._update)
        self.settings.changed.connect(self._update)
        self.otsu_button.clicked.connect(self.otsu_wanted.emit)
        events = self._viewer.layers.events
        events.inserted.connect(self._on_inserted)
        for emitter in (events.removed, events.renamed, events.reordered):
            emitter.connect(self._on_layer_event)

    def _watch(self, layer: Layer) -> None:
        """Hear when a layer gets another shape or place: then others can be compared."""
        if id(layer) in self._watched:
            return
        self._watched.add(id(layer))
        for name in LAYER_DATA_EVENTS:
            getattr(layer.events, name).connect(self._on_layer_event)

    def _on_mask_chosen(self, _: int) -> None:
        self._mask_is_chosen = self.mask_choice.layer() is not None or self._mask_is_offered()

    def _mask_is_offered(self) -> bool:
        return pick_mask(self._viewer, self.reference_choice.layer()) is not None

    def _on_inserted(self, event: Any) -> None:  # Any: napari's event
        """A new mask is used at once, unless the person chose one."""
        if not is_alive(self):
            return
        newest = pick_mask(self._viewer, self.reference_choice.layer())
        if not self._mask_is_chosen and newest is not None and newest is event.value:
            self.mask_choice.choose(newest)
        self._refresh_soon.start(0)

    def _on_layer_event(self) -> None:
        if is_alive(self):
            self._watched &= {id(layer) for layer in self._viewer.layers}
            self._refresh_soon.start(0)
