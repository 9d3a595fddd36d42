"""Options for the settings of all restoration methods, and the settings of the chosen one."""

from __future__ import annotations

import json
from argparse import ArgumentParser, BooleanOptionalAction, Namespace

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import SettingError
from napari_fidelity.restoration.catalog import METHODS, parse_settings
from napari_fidelity.restoration.spec import RestorationSettings

DEST = "method_{}"
# Flags that mean something else on the command line.
FLAGS = {"output": "--method-output"}


def add_method_options(parser: ArgumentParser) -> None:
    """Add `--method` and an option for each setting that any method has."""
    first = next(iter(METHODS))
    parser.add_argument(
        "--method",
        default=first,
        metavar="KEY",
        help=f"{', '.join(METHODS)}, or settings as JSON text that begins with a brace (default: "
        f"{first})",
    )
    group = parser.add_argument_group("settings of methods")
    for name, keys in _list_settings().items():
        field = METHODS[keys[0]].params.model_fields[name]
        about = _describe(name, keys)
        flag, dest = spell_flag(name), DEST.format(name)
        if field.annotation is bool:
            group.add_argument(
                flag, dest=dest, action=BooleanOptionalAction, default=None, help=about
            )
            continue
        metavar = "PX" if name.endswith("_px") else name.upper()
        group.add_argument(flag, dest=dest, metavar=metavar, default=None, help=about)


def read_method(arguments: Namespace) -> RestorationSettings:
    """Settings of the method that was chosen.

    Raises
    ------
    UserError
        There is no such method, it has not a setting that was given, or a value is out of range.

    Examples
    --------
    >>> parser = ArgumentParser()
    >>> add_method_options(parser)
    >>> read_method(parser.parse_args(["--method", "wiener", "--balance", "0.1"])).balance
    0.1
    """
    stated = {
        name: value
        for name in _list_settings()
        if (value := getattr(arguments, DEST.format(name))) is not None
    }
    values = _read_kind(arguments.method)
    spec = METHODS[str(values["kind"])]
    known = [name for name in spec.params.model_fields if name != "kind"]
    for name in stated:
        if name not in known:
            flags = ", ".join(map(spell_flag, known)) or "none"
            raise UserError(f"{spell_flag(name)} is no setting of {spec.key}, which has {flags}.")
    try:
        return parse_settings({**values, **stated})
    except SettingError as error:
        if error.name not in stated:
            raise
        raise UserError(f"{spell_flag(error.name)} {error.problem}.") from None


def spell_flag(name: str) -> str:
    """The option of a setting.

    Examples
    --------
    >>> spell_flag("tv_weight"), spell_flag("output")
    ('--tv-weight', '--method-output')
    """
    return FLAGS.get(name, "--" + name.replace("_", "-"))


def _describe(name: str, keys: list[str]) -> str:
    """What the setting means for each of the methods that have it."""
    meanings: dict[str, list[str]] = {}
    for key in keys:
        field = METHODS[key].params.model_fields[name]
        text = (field.description or field.title or "").rstrip(".").replace("%", "%%")
        default = field.get_default(call_default_factory=True)
        if default not in (None, "") and not isinstance(default, bool):
            text += f" (default: {default})"
        meanings.setdefault(text, []).append(key)
    return "; ".join(f"{', '.join(found)}: {text}" for text, found in meanings.items())


def _list_settings() -> dict[str, list[str]]:
    """Keys of the methods that have each setting."""
    found: dict[str, list[str]] = {}
    for key, spec in METHODS.items():
        for name in spec.params.model_fields:
            if name != "kind":
                found.setdefault(name, []).append(key)
    return found


def _read_kind(text: str) -> dict[str, object]:
    if not text.startswith("{"):
        return {"kind": METHODS[text].key}
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or "kind" not in values:
        raise UserError(f"--method {text} is no JSON text with the kind of a method: quote it.")
    return values
