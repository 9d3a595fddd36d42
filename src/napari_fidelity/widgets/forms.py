"""A settings form made from a `Params` class: nothing about a setting is written twice.

A field's bounds become the range of its control, its title the label, its description the
tooltip, its default the first value; what the form gives back is validated by the class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from qtpy.QtCore import QLocale, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from napari_fidelity.core.params import Params
from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.number_or_choice import NumberOrChoice

LARGEST_INT = 2**31 - 1  # a QSpinBox holds a C int
LARGEST_FLOAT = 1e12


@dataclass(frozen=True)
class Control:
    """A widget for one field, how it is read and set, and the signal of a change."""

    widget: QWidget
    read: Callable[[], Any]  # Any: the field's type
    write: Callable[[Any], None]
    changed: Any  # Any: a bound Qt signal


class PlainDoubleSpinBox(QDoubleSpinBox):
    """A spin box for real numbers that shows "0.5", not "0.500000"."""

    def textFromValue(self, value: float) -> str:  # noqa: N802  # Qt's name
        """The shortest text for `value`."""
        return f"{value:.10g}"


class ParamsForm(QWidget):
    """Controls for the fields of a `Params` class, one row each.

    Parameters
    ----------
    params_class : type of Params
        The settings.
    fields : sequence of str, optional
        Which, in this order. Default: all.

    Raises
    ------
    TypeError
        A field's type has no control: int, float, bool, str and Literal have.
    """

    changed = Signal()

    def __init__(
        self,
        params_class: type[Params],
        fields: Sequence[str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.params_class = params_class
        self.controls: dict[str, Control] = {}
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

    def _add_row(self, name: str, field: FieldInfo) -> None:
        control = make_control(field.annotation, field)
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
        self._grid.addWidget(control.widget, row, 1)
        self.controls[name] = control
        control.changed.connect(lambda *_: self.changed.emit())


def make_control(annotation: Any, field: FieldInfo) -> Control:  # Any: a type expression
    """The control for a field's type.

    Raises
    ------
    TypeError
        The type has no control.
    """
    if get_origin(annotation) is Literal:
        return _make_choice(get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if any(get_origin(kind) is Literal for kind in kinds):
            return _make_number_or_choice(kinds)
        annotation = kinds[0] if len(kinds) == 1 else annotation
    if annotation not in _MAKERS:
        raise TypeError(f"a form has no control for {annotation!r}")
    return _MAKERS[annotation](field)


def bounds_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest allowed value; an open bound of a real number is taken as closed.

    Examples
    --------
    >>> from pydantic import Field
    >>> class Blur(Params):
    ...     sigma_px: float = Field(2.0, ge=0.5, le=8)
    >>> bounds_of(Blur.model_fields["sigma_px"])
    (0.5, 8.0)
    """
    low: float | None = None
    high: float | None = None
    step = 1.0 if field.annotation is int else 0.0
    for bound in field.metadata:
        if (value := getattr(bound, "ge", None)) is not None:
            low = float(value)
        if (value := getattr(bound, "gt", None)) is not None:
            low = float(value) + step
        if (value := getattr(bound, "le", None)) is not None:
            high = float(value)
        if (value := getattr(bound, "lt", None)) is not None:
            high = float(value) - step
    return low, high


def _make_int(field: FieldInfo) -> Control:
    box = QSpinBox()
    low, high = bounds_of(field)
    lowest = -LARGEST_INT if low is None else int(low)
    highest = LARGEST_INT if high is None else int(min(high, LARGEST_INT))
    box.setRange(lowest, highest)
    step = next((m.multiple_of for m in field.metadata if hasattr(m, "multiple_of")), 1)
    box.setSingleStep(int(step))
    _style_number(box)
    return Control(box, box.value, lambda value: box.setValue(int(value)), box.valueChanged)


def _make_float(field: FieldInfo) -> Control:
    box = PlainDoubleSpinBox()
    low, high = bounds_of(field)
    box.setDecimals(8)
    box.setRange(-LARGEST_FLOAT if low is None else low, LARGEST_FLOAT if high is None else high)
    box.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
    _style_number(box)
    return Control(box, box.value, lambda value: box.setValue(float(value)), box.valueChanged)


def _style_number(box: QAbstractSpinBox) -> None:
    box.setLocale(QLocale(QLocale.Language.C))
    box.setAlignment(Qt.AlignmentFlag.AlignCenter)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    guard_wheel(box)


def _make_bool(field: FieldInfo) -> Control:  # noqa: ARG001  # every maker takes the field
    box = QCheckBox()
    return Control(box, box.isChecked, lambda value: box.setChecked(bool(value)), box.toggled)


def _make_text(field: FieldInfo) -> Control:  # noqa: ARG001  # as above
    line = QLineEdit()
    return Control(line, line.text, lambda value: line.setText(str(value)), line.textChanged)


def _make_choice(options: Sequence[Any]) -> Control:  # Any: literals
    combo = QComboBox()
    for option in options:
        combo.addItem(str(option), option)
    guard_wheel(combo)
    return Control(
        combo,
        combo.currentData,
        lambda value: combo.setCurrentIndex(list(options).index(value)),
        combo.currentIndexChanged,
    )


def _make_number_or_choice(kinds: Sequence[Any]) -> Control:  # Any: type expressions
    choices = next(get_args(kind) for kind in kinds if get_origin(kind) is Literal)
    rules = (rule for kind in kinds for rule in getattr(kind, "__metadata__", ()))
    number = next((rule for rule in rules if isinstance(rule, FieldInfo)), FieldInfo())
    low, high = bounds_of(number)
    box = NumberOrChoice(
        choices,
        low=-LARGEST_FLOAT if low is None else low,
        high=LARGEST_FLOAT if high is None else high,
    )
    return Control(box, box.value, box.set_value, box.changed)


_MAKERS: dict[Any, Callable[[FieldInfo], Control]] = {  # Any: types
    bool: _make_bool,
    int: _make_int,
    float: _make_float,
    str: _make_text,
}
