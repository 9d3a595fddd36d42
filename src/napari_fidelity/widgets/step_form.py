"""The settings of a step or a method: the first ones in sight, many more of them folded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.core.params import Params
from napari_fidelity.widgets.choice_words import put_choice_words
from napari_fidelity.widgets.dock_parts import Fold
from napari_fidelity.widgets.form_controls import Control, has_control
from napari_fidelity.widgets.forms import ParamsForm

TAG = "kind"  # which step or method it is: never a control
MOST = 6  # so many settings are all in sight
FIRST = 4  # of more, so many are

Makers = Mapping[str, Callable[[FieldInfo], Control]]


class StepForm(QWidget):
    """Controls for `settings`; fields that have none keep their value.

    Parameters
    ----------
    settings : Params
        What is shown at first.
    makers : mapping, optional
        Controls for fields that no form knows, by their name.
    only : collection of str, optional
        The fields that are shown. Default: all that have a control.
    """

    changed = Signal()

    def __init__(
        self,
        settings: Params,
        makers: Makers | None = None,
        parent: QWidget | None = None,
        *,
        only: Collection[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings, known = settings, makers or {}
        fields = [
            name
            for name, field in type(settings).model_fields.items()
            if name != TAG and (only is None or name in only)
            if name in known or has_control(field.annotation)
        ]
        split = len(fields) if len(fields) <= MOST else FIRST
        self.forms = [
            ParamsForm(type(settings), names, makers=makers)
            for names in (fields[:split], fields[split:])
            if names
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for number, form in enumerate(self.forms):
            form.set_values({name: getattr(settings, name) for name in form.controls})
            put_choice_words(form)
            form.changed.connect(self.changed)
            if number:
                self.more = Fold("More settings")
                self.more.heading.setToolTip("Those that are seldom changed")
                self.more.content_layout.setContentsMargins(0, 0, 0, 0)
                self.more.content_layout.addWidget(form)
            layout.addWidget(self.more if number else form)

    @property
    def params_class(self) -> type[Params]:
        """The class of the settings."""
        return type(self._settings)

    def control(self, name: str) -> Control:
        """The control of a field; KeyError when it has none."""
        for form in self.forms:
            if name in form.controls:
                return form.controls[name]
        raise KeyError(name)

    def set_values(self, values: Mapping[str, Any]) -> None:  # Any: each field has its type
        """Show values of fields that have a control."""
        for name, value in values.items():
            self.control(name).write(value)

    def settings(self) -> Params:
        """The settings, validated.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        values = {name: getattr(self._settings, name) for name in self.params_class.model_fields}
        for form in self.forms:
            values |= form.values()
        return self.params_class.parse(values)
