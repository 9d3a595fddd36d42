"""A settings form made from a `Params` class: nothing about a setting is written twice.

A field's bounds become the range of its control, its title the label, its description the
tooltip, its default the first value; what the form gives back is validated by the class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_fidelity.core.params import Params
from napari_fidelity.widgets.form_controls import Control, make_control


class ParamsForm(QWidget):
    """Controls for the fields of a `Params` class, one row each.

    Parameters
    ----------
    params_class : type of Params
        The settings.
    fields : sequence of str, optional
        Which, in this order. Default: all.
    makers : mapping, optional
        What makes the control of a field, by its name, instead of `make_control`.

    Raises
    ------
    TypeError
        A field's type has no control: int, float, bool, str, Literal, a number or None, a number
        or an interval have.
    """

    changed = Signal()

    def __init__(
        self,
        params_class: type[Params],
        fields: Sequence[str] | None = None,
        parent: QWidget | None = None,
        *,
        makers: Mapping[str, Callable[[FieldInfo], Control]] | None = None,
    ) -> None:
        super().__init__(parent)
        self.params_class = params_class
        self.controls: dict[str, Control] = {}
        self._makers, self._labels = dict(makers or {}), dict[str, QLabel]()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.setVerticalSpacing(4)
        for name in fields if fields is not None else params_class.model_fields:
            self._add_row(name, params_class.model_fields[name])

    def values(self) -> dict[str, Any]:  # Any: each field has its type
        """What the controls show, by field."""
        return {name: control.read() for name, control in self.controls.items()}

    def set_values(self, values: Mapping[str, Any]) -> None:  # Any: as above
        """Show `values` in the controls of their fields; other fields stay."""
        for name, value in values.items():
            self.controls[name].write(value)

    def params(self, **others: Any) -> Params:  # Any: as above
        """The settings, validated; `others` are fields without a control.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        return self.params_class.parse({**self.values(), **others})

    def add_beside(self, name: str, widget: QWidget) -> None:
        """Put `widget` to the right of a field's control."""
        row = list(self.controls).index(name)
        self._grid.addWidget(widget, row, 2)

    def show_row(self, name: str, is_shown: bool) -> None:
        """Show or hide a field; what is hidden keeps its value."""
        self.controls[name].widget.setVisible(is_shown)
        self._labels[name].setVisible(is_shown and not self.controls[name].is_wide)

    def _add_row(self, name: str, field: FieldInfo) -> None:
        make = self._makers.get(name)
        control = make(field) if make is not None else make_control(field.annotation, field)
        title = field.title or name.replace("_", " ").capitalize()
        label = QLabel(title)
        label.setBuddy(control.widget)
        for widget in (label, control.widget):
            widget.setToolTip(field.description or "")
        control.widget.setAccessibleName(title)
        default = field.get_default(call_default_factory=True)
        if default is not PydanticUndefined and default is not None:
            control.write(default)
        row = len(self.controls)
        self._grid.addWidget(label, row, 0)
        if control.is_wide:
            label.hide()
            self._grid.addWidget(control.widget, row, 0, 1, -1)
        else:
            self._grid.addWidget(control.widget, row, 1)
        self.controls[name], self._labels[name] = control, label
        control.changed.connect(lambda *_: self.changed.emit())
