"""Controls for the fields of settings: one widget for each type, its range from the bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from qtpy.QtCore import QLocale, QSize, Qt
from qtpy.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from napari_fidelity.widgets.dock_parts import guard_wheel
from napari_fidelity.widgets.interval_control import IntervalControl
from napari_fidelity.widgets.number_or_choice import NumberOrChoice
from napari_fidelity.widgets.optional_number import OptionalNumber

LARGEST_INT = 2**31 - 1  # a QSpinBox holds a C int
LARGEST_FLOAT = 1e12
BOX_WIDTH_PX = 80


@dataclass(frozen=True)
class Control:
    """A widget for one field, how it is read and set, and the signal of a change."""

    widget: QWidget
    read: Callable[[], Any]  # Any: the field's type
    write: Callable[[Any], None]
    changed: Any  # Any: a bound Qt signal
    is_wide: bool = False  # it has a row of its own, without a label


class PlainDoubleSpinBox(QDoubleSpinBox):
    """A spin box for real numbers that shows "0.5", not "0.500000"; its range widens no dock."""

    def textFromValue(self, value: float) -> str:  # noqa: N802  # Qt's name
        """The shortest text for `value`."""
        return f"{value:.10g}"

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for a few digits."""
        return QSize(BOX_WIDTH_PX, super().minimumSizeHint().height())


class NarrowSpinBox(QSpinBox):
    """A spin box for whole numbers whose range widens no dock."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Room for a few digits."""
        return QSize(BOX_WIDTH_PX, super().minimumSizeHint().height())


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
        if (interval := _make_interval(kinds, field)) is not None:
            return interval
        if len(kinds) == 1 and kinds[0] in (int, float) and field.default is None:
            return _make_open_number(kinds[0], field)
        annotation = kinds[0] if len(kinds) == 1 else annotation
    if annotation not in _MAKERS:
        raise TypeError(f"a form has no control for {annotation!r}")
    return _MAKERS[annotation](field)


def has_control(annotation: Any) -> bool:  # Any: a type expression
    """Whether a field of this type has a control.

    Examples
    --------
    >>> has_control(float | None), has_control(tuple[int, int] | None)
    (True, False)
    """
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        if any(get_origin(kind) is Literal or _is_interval(kind) for kind in kinds):
            return True
        annotation = kinds[0] if len(kinds) == 1 else annotation
    return get_origin(annotation) is Literal or annotation in _MAKERS


def bounds_of(field: FieldInfo) -> tuple[float | None, float | None]:
    """Lowest and highest allowed value; an open bound of a real number is taken as closed.

    Examples
    --------
    >>> from pydantic import BaseModel, Field
    >>> class Blur(BaseModel):
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
    box = NarrowSpinBox()
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


def _make_open_number(kind: type, field: FieldInfo) -> Control:
    low, high = bounds_of(field)
    box = OptionalNumber(
        0.0 if low is None else low,
        LARGEST_FLOAT if high is None else high,
        is_whole=kind is int,
    )
    return Control(box, box.number, box.set_number, box.changed)


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


def _make_interval(kinds: Sequence[Any], field: FieldInfo) -> Control | None:  # Any: as above
    """The control for a number or an interval of it; None for other types."""
    if not any(_is_interval(kind) for kind in kinds):
        return None
    rules = (rule for kind in kinds for rule in getattr(kind, "__metadata__", ()))
    inner = next((rule for rule in rules if isinstance(rule, FieldInfo)), field)
    low, high = bounds_of(inner)
    box = IntervalControl(
        -LARGEST_FLOAT if low is None else low, LARGEST_FLOAT if high is None else high
    )
    return Control(box, box.value, box.set_value, box.changed)


def _is_interval(kind: object) -> bool:
    fields = getattr(kind, "model_fields", {})
    return "low" in fields and "high" in fields


_MAKERS: dict[Any, Callable[[FieldInfo], Control]] = {  # Any: types
    bool: _make_bool,
    int: _make_int,
    float: _make_float,
    str: _make_text,
}
