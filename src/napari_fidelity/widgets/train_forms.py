"""Forms over all settings of a training: lists of numbers and settings within settings too."""

from __future__ import annotations

from types import NoneType
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import HINT, Fold, Words
from napari_fidelity.widgets.form_controls import Control, has_control
from napari_fidelity.widgets.step_form import TAG, Makers, StepForm

OPEN = "automatic"


class SettingsForm(QWidget):
    """Controls for every field that has one, and a folded part for each group of settings inside.

    Parameters
    ----------
    settings : Params
        What is shown at first.
    without : tuple of str
        Fields that have their place elsewhere; they keep their value.
    """

    changed = Signal()

    def __init__(
        self, settings: Params, without: tuple[str, ...] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, fields = settings, type(settings).model_fields
        self._shown = [name for name in fields if name not in (*without, TAG)]
        self.groups: dict[str, SettingsForm] = {}
        self.form = StepForm(settings, _makers(settings, self._shown), only=self._shown)
        self.form.changed.connect(self.changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.form)
        for name in self._shown:
            value = getattr(settings, name)
            if isinstance(value, Params):
                layout.addWidget(self._add_group(name, value, fields[name]))

    def values(self) -> dict[str, Any]:  # Any: each field has its type
        """What is shown, by field; those without a control as they were."""
        found = {name: getattr(self._settings, name) for name in self._shown}
        for form in self.form.forms:
            found |= form.values()
        return found | {name: group.values() for name, group in self.groups.items()}

    def settings(self, **others: Any) -> Params:  # Any: as above
        """The settings, validated; `others` are fields without a place here.

        Raises
        ------
        UserError
            A value does not fit; the sentence names the field.
        """
        kept = {name: getattr(self._settings, name) for name in type(self._settings).model_fields}
        return type(self._settings).parse({**kept, **self.values(), **others})

    def problem(self) -> str:
        """Why the values do not fit; empty when they do."""
        try:
            self.settings()
        except UserError as error:
            return str(error)
        return ""

    def _add_group(self, name: str, value: Params, field: FieldInfo) -> Fold:
        self.groups[name] = group = SettingsForm(value)
        group.changed.connect(self.changed)
        fold = Fold(field.title or name.replace("_", " ").capitalize())
        fold.heading.setToolTip(field.description or "")
        fold.content_layout.addWidget(Words(field.description or "", HINT))
        fold.content_layout.addWidget(group)
        return fold


class NumbersLine(QLineEdit):
    """Numbers in one line: "64, 128, 256"; nothing stands for None.

    Parameters
    ----------
    is_open : bool
        Whether there may be none.
    takes_one : bool
        Whether a single number stands for itself, not for a list of one.
    """

    def __init__(self, *, is_open: bool, takes_one: bool) -> None:
        super().__init__()
        self._takes_one = takes_one
        if is_open:
            self.setPlaceholderText(OPEN)

    def numbers(self) -> Any:  # Any: None, a number, several, or text that is neither
        """What is written."""
        words = self.text().replace(",", " ").replace("×", " ").split()
        if not words:
            return None
        try:
            found = tuple(_number(word) for word in words)
        except ValueError:
            return self.text()
        return found[0] if self._takes_one and len(found) == 1 else found

    def set_numbers(self, value: Any) -> None:  # Any: as above
        """Write numbers."""
        several = value if isinstance(value, tuple | list) else () if value is None else (value,)
        self.setText(", ".join(f"{number:g}" for number in several))


def _makers(settings: Params, names: list[str]) -> Makers:
    """Controls for fields that no form knows: lists of numbers, texts that may be left out."""
    makers: dict[str, Any] = {}  # Any: callables
    for name in names:
        field = type(settings).model_fields[name]
        kinds = set(get_args(field.annotation)) or {field.annotation}
        if str in kinds and NoneType in kinds:
            makers[name] = _make_open_text
        elif get_origin(field.annotation) is tuple or any(get_origin(k) is tuple for k in kinds):
            makers[name] = _make_numbers
        elif not has_control(field.annotation):
            continue
    return makers


def _make_open_text(field: FieldInfo) -> Control:  # noqa: ARG001  # every maker takes the field
    line = QLineEdit()
    line.setPlaceholderText(OPEN)
    return Control(
        line,
        lambda: line.text().strip() or None,
        lambda value: line.setText("" if value is None else str(value)),
        line.textChanged,
    )


def _make_numbers(field: FieldInfo) -> Control:
    kinds = set(get_args(field.annotation))
    line = NumbersLine(is_open=NoneType in kinds, takes_one=int in kinds)
    if get_origin(field.annotation) is tuple:
        line = NumbersLine(is_open=False, takes_one=False)
    return Control(line, line.numbers, line.set_numbers, line.textChanged)


def _number(word: str) -> int | float:
    value = float(word)
    return int(value) if value == int(value) else value
