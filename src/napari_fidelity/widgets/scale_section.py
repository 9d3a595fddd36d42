"""The size of a pixel: read from the layer, and asked for where the layer does not know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from napari.layers import Layer
from pydantic import Field
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.operations.stated_scale import state_scale
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM, Words
from napari_fidelity.widgets.forms import ParamsForm
from napari_fidelity.widgets.layers import source_from_layer

ASK = "This layer does not say how large its pixels are: state it, every length depends on it."
STATED = "Used here only; the layer stays as it is."


class StatedScale(Params):
    """Sizes that a person states because the layer does not know them."""

    pixel_size_um: float | None = Field(
        None, gt=0, le=1e6, title="Pixel size (µm)", description="Side of a pixel along Y and X"
    )
    z_step_um: float | None = Field(
        None, gt=0, le=1e6, title="z step (µm)", description="Distance of two planes"
    )


class ScaleSection(QWidget):
    """Hidden while the layer knows its pixel size; else a field for each size to state.

    Attributes
    ----------
    changed : Signal
        What is stated is another.
    about_to_write : Signal
        The layer's frame is about to change: what lies on it has to go.
    """

    changed = Signal()
    about_to_write = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self._missing: tuple[str, ...] = ()
        self._is_needed = True
        self._known: WeakKeyDictionary[Layer, dict[str, Any]] = WeakKeyDictionary()  # Any: numbers
        self.words = Words()
        self.form = ParamsForm(StatedScale)
        for control in self.form.controls.values():
            control.widget.setSpecialValueText("not known")  # type: ignore[attr-defined]  # a box
        self.write_button = QPushButton("Write it into the layer")
        self.write_button.setToolTip("So that the layer, results and files carry it from now on")
        self.write_button.clicked.connect(self.write_into_layer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.words)
        layout.addWidget(self.form)
        layout.addWidget(self.write_button)
        self.form.changed.connect(self._on_changed)
        self.show_layer(None)

    def show_layer(self, layer: Layer | None) -> None:
        """Ask for what `layer` does not know; what was stated for it before is shown again."""
        is_other = layer is not self._layer
        if is_other and self._layer is not None:
            self._known[self._layer] = self.form.values()
        self._layer = layer
        self._missing = tuple(name for name in self.form.controls if self._lacks(name))
        if is_other:
            self.form.blockSignals(True)
            nothing: dict[str, Any] = dict.fromkeys(self.form.controls)  # Any: as above
            self.form.set_values(self._known.get(layer, nothing) if layer else nothing)
            self.form.blockSignals(False)
        for name in self.form.controls:
            self.form.show_row(name, name in self._missing)
        self.setVisible(bool(self._missing) and self._is_needed)
        self._say()

    def set_needed(self, is_needed: bool) -> None:
        """Ask only where something depends on the size of a pixel."""
        self._is_needed = is_needed
        self.setVisible(bool(self._missing) and is_needed)

    def is_known(self) -> bool:
        """Whether the layer or the person says all sizes."""
        return self.scale_um() is not None

    def problem(self) -> str:
        """What is to be stated; empty when everything is known."""
        if self.is_known():
            return ""
        values, fields = self.form.values(), StatedScale.model_fields
        titles = [
            str(fields[name].title).partition(" (")[0]
            for name in self._missing
            if values[name] is None
        ]
        return f"State the {' and the '.join(titles).lower()} in micrometers, above."

    def stated(self) -> dict[str, Any]:  # Any: numbers or None
        """Fields `pixel_size_um` and `z_step_um` of an operation's settings."""
        values = self.form.values()
        return {name: values[name] if name in self._missing else None for name in values}

    def write_into_layer(self) -> None:
        """Give the layer the sizes that were stated: it knows them from now on."""
        layer = self._layer
        if layer is None or not self.is_known():
            return
        self.about_to_write.emit()
        frame = source_from_layer(layer).frame
        stated = state_scale(frame, **self.stated())
        layer.translate, layer.scale = stated.translate, stated.scale
        layer.units = stated.units
        self.show_layer(layer)
        self.changed.emit()

    def scale_um(self) -> tuple[float, ...] | None:
        """(Z)YX sizes in µm, as the layer or the person says; None while one is missing."""
        if self._layer is None:
            return None
        try:
            frame = source_from_layer(self._layer).frame
            return spatial_scale_um(frame, **_without_none(self.stated()))
        except UserError:
            return None

    def _lacks(self, name: str) -> bool:
        if self._layer is None:
            return False
        try:
            frame = source_from_layer(self._layer).frame
        except UserError:
            return False
        if name == "z_step_um" and "Z" not in frame.axes:
            return False
        others = {"pixel_size_um": 1.0, "z_step_um": 1.0}
        del others[name]
        try:
            spatial_scale_um(frame, **others)
        except UserError:
            return True
        return False

    def _on_changed(self) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        values = self.form.values()
        is_open = any(values[name] is None for name in self._missing)
        self.words.say(ASK if is_open else STATED, PROBLEM if is_open else HINT)
        self.write_button.setVisible(not is_open)


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:  # Any: numbers
    return {name: value for name, value in values.items() if value is not None}
