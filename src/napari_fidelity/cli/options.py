"""Options of a command made from the fields of its settings, and settings from the options."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from collections.abc import Iterable
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params, SettingError

ParamsT = TypeVar("ParamsT", bound=Params)
FLAGS = "flags_of_fields"  # what each field's option is called, told along with the options


def add_options(
    parser: ArgumentParser, params: type[Params], names: Iterable[str], **flags: str
) -> None:
    """Add an option for each field in `names`; `flags` gives those that are not `--field-name`.

    The help is the field's description with its choices and default, which are told nowhere
    else. An option that is not given leaves the field at its default.

    Examples
    --------
    >>> from napari_fidelity.metrics import MeasureSettings
    >>> parser = ArgumentParser()
    >>> add_options(parser, MeasureSettings, ["margin_px"], margin_px="--margin")
    >>> read_options(parser.parse_args(["--margin", "3"]), MeasureSettings, ["margin_px"])
    MeasureSettings(margin_px=3, ...)
    """
    known = dict(parser.get_default(FLAGS) or {})
    for name in names:
        field = params.model_fields[name]
        flag = known[name] = flags.get(name, "--" + name.replace("_", "-"))
        about = _describe(field)
        if field.annotation is bool:
            parser.add_argument(
                flag, dest=name, action=BooleanOptionalAction, default=None, help=about
            )
            continue
        choices = [str(choice) for choice in _list_choices(field.annotation)]
        if choices and _takes_numbers(field.annotation):
            choices.append("NUMBER")
        size = "PX" if name.endswith("_px") else flag.lstrip("-").upper().replace("-", "_")
        metavar = "|".join(choices) or size
        parser.add_argument(flag, dest=name, metavar=metavar, default=None, help=about)
    parser.set_defaults(**{FLAGS: known})


def read_options(
    arguments: Namespace, params: type[ParamsT], names: Iterable[str], **given: object
) -> ParamsT:
    """Settings from the options that were given; `given` sets further fields.

    Raises
    ------
    UserError
        A value is out of range; the sentence names its option.
    """
    values = {name: getattr(arguments, name) for name in names}
    chosen = {
        name: _read_choice(value, params.model_fields[name].annotation)
        for name, value in values.items()
        if value is not None
    }
    try:
        return params.parse({**chosen, **given})
    except SettingError as error:
        flag = getattr(arguments, FLAGS, {}).get(error.name)
        if flag is None:
            raise
        raise UserError(f"{flag} {error.problem}.") from None


def _describe(field: FieldInfo) -> str:
    text = (field.description or field.title or "").rstrip(".")
    default = field.get_default(call_default_factory=True)
    if default not in (None, "") and not isinstance(default, bool):
        text += f" (default: {default})"
    return text.replace("%", "%%")


def _list_choices(annotation: Any) -> list[Any]:  # Any: a type of typing; words and numbers
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [choice for part in get_args(annotation) for choice in _list_choices(part)]


def _takes_numbers(annotation: Any) -> bool:  # Any: a type of typing
    if get_origin(annotation) is Literal:
        return False
    return annotation in (int, float) or any(map(_takes_numbers, get_args(annotation)))


def _read_choice(word: object, annotation: Any) -> object:  # Any: a type of typing
    """The choice that a word spells, so that "3" is 3 where 2 and 3 may be chosen."""
    choices = {str(choice): choice for choice in _list_choices(annotation)}
    return choices.get(word, word) if isinstance(word, str) else word
