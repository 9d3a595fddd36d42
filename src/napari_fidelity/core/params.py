"""Settings of an operation: frozen, checked, and the source of every form and option."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Self, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from napari_fidelity.core.errors import UserError

# Kinds of pydantic's errors, in words that name neither "input" nor types of Python.
_BOUNDS = {
    "greater_than_equal": "must be {ge:g} or more",
    "greater_than": "must be more than {gt:g}",
    "less_than_equal": "must be {le:g} or less",
    "less_than": "must be less than {lt:g}",
}
_PROBLEMS = {
    **_BOUNDS,
    "literal_error": "must be {expected}",
    "finite_number": "must be a finite number",
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    "dict_type": "must be names with their values",
    "string_type": "must be a text",
}
_NOT_VALUES = {"extra_forbidden": "is not known here", "missing": "is missing"}


class SettingError(UserError):
    """A setting that cannot be used: its name, and what is wrong with its value.

    Examples
    --------
    >>> str(SettingError("seed", "must be 0 or more, not -1"))
    "Setting 'seed' must be 0 or more, not -1."
    """

    def __init__(self, name: str, problem: str) -> None:
        self.name, self.problem = name, problem
        super().__init__(f"Setting {name!r} {problem}." if name else f"The settings: {problem}.")


class Params(BaseModel):
    """Base of all settings: frozen, unknown keys refused, NaN and infinity refused.

    A field's bounds become the range of its control, its description the tooltip and the
    command line's help, its title the label; its default lives there and nowhere else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def parse(cls, values: dict[str, Any]) -> Self:  # Any: values come from files and forms
        """Settings made from `values`.

        Raises
        ------
        UserError
            A value is out of range or a key is unknown; the sentence names it.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            cause = first.get("ctx", {}).get("error")
            if isinstance(cause, UserError):  # of settings inside of these: a sentence already
                raise cause from None
            raise SettingError(_name_place(first, cls), _spell_problem(first, cls)) from None


def _name_place(error: ErrorDetails, params: type[BaseModel]) -> str:
    """The name of a setting, without the member of a union that pydantic appends to it."""
    parts = [str(part) for part in error["loc"]]
    field = params.model_fields.get(parts[0]) if parts else None
    kind = None if field is None else field.annotation
    members = [member for member in get_args(kind) if member is not NoneType]
    if get_origin(kind) in (Union, UnionType) and len(members) > 1:
        del parts[1:2]
    return ".".join(parts)


def _spell_problem(error: ErrorDetails, params: type[BaseModel]) -> str:
    """What is wrong with a value, to be read after its name: "must be 0 or more, not -1"."""
    kind, context = error["type"], error.get("ctx", {})
    field = params.model_fields.get(str(error["loc"][0])) if error["loc"] else None
    if kind in _NOT_VALUES:
        return _NOT_VALUES[kind]
    if kind == "string_pattern_mismatch" and field is not None and field.examples:
        *others, last = map(str, field.examples)
        said = f"must be one like {', '.join(others)} or {last}"
    elif kind in _PROBLEMS:
        said = _PROBLEMS[kind].format(**context)
    else:
        said = error["msg"][:1].lower() + error["msg"][1:]
    given = error["input"] if kind in _BOUNDS else repr(error["input"])
    return f"{said}, not {given}"
