"""Options for the settings of all restoration methods, and the settings of the chosen one."""

from __future__ import annotations

import json
from argparse import ArgumentParser, BooleanOptionalAction, Namespace

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import SettingError
from napari_fidelity.restoration.catalog import SETTINGS, find_settings, parse_settings
from napari_fidelity.restoration.learned import MODEL
from napari_fidelity.restoration.spec import RestorationSettings

DEST = "method_{}"
# Flags that mean something else on the command line.
FLAGS = {"output": "--method-output"}
WITHOUT_OPTION = ("kind", "scaling")  # what recipes alone state
SHARED = "model"  # of a trained model: the option --model of the optics


def add_method_options(parser: ArgumentParser) -> None:
    """Add `--method` and an option for each setting that any method has."""
    first = next(iter(SETTINGS))
    parser.add_argument(
        "--method",
        default=first,
        metavar="KEY",
        help=f"{', '.join(SETTINGS)}, or settings as JSON text that begins with a brace (default: "
        f"{first}); model is a trained one, and --model then its key or folder",
    )
    group = parser.add_argument_group("settings of methods")
    for name, keys in _list_settings().items():
        if name == SHARED:
            continue
        field = SETTINGS[keys[0]].model_fields[name]
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
        if (value := getattr(arguments, DEST.format(name), None)) is not None
    }
    values = _read_kind(arguments.method)
    kind = str(values["kind"])
    if kind == MODEL and getattr(arguments, SHARED, None) is not None:
        stated[SHARED], arguments.model = arguments.model, None  # it says nothing of optics
    known = [name for name in find_settings(kind).model_fields if name not in WITHOUT_OPTION]
    for name in stated:
        if name not in known:
            flags = ", ".join(map(spell_flag, known)) or "none"
            raise UserError(f"{spell_flag(name)} is no setting of {kind}, which has {flags}.")
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
        field = SETTINGS[key].model_fields[name]
        text = (field.description or field.title or "").rstrip(".").replace("%", "%%")
        default = field.get_default(call_default_factory=True)
        if default not in (None, "") and not isinstance(default, bool):
            text += f" (default: {default})"
        meanings.setdefault(text, []).append(key)
    return "; ".join(f"{', '.join(found)}: {text}" for text, found in meanings.items())


def _list_settings() -> dict[str, list[str]]:
    """Keys of the methods that have each setting."""
    found: dict[str, list[str]] = {}
    for key, settings in SETTINGS.items():
        for name in settings.model_fields:
            if name not in WITHOUT_OPTION:
                found.setdefault(name, []).append(key)
    return found


def _read_kind(text: str) -> dict[str, object]:
    if not text.startswith("{"):
        find_settings(text)  # refuses what is not there
        return {"kind": text}
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or "kind" not in values:
        raise UserError(f"--method {text} is no JSON text with the kind of a method: quote it.")
    return values
