"""What a dock would do now, as text to paste: Python, a command, a recipe.

Settings at their defaults are left out, so that the text shows what was chosen.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import Params
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.chosen_settings import list_chosen
from napari_fidelity.operations.command_style import COMMAND_STYLES, CommandStyle
from napari_fidelity.operations.recipe import Recipe, RecipeStep

PROGRAM = "napari-fidelity"
LONGEST_COMMAND = 30_000  # letters: what Windows takes, less some room
LINE = 88  # letters; longer calls have a line for each argument


@dataclass(frozen=True)
class Call:
    """Something that this package does, with its settings, on files.

    Parameters
    ----------
    operation : str
        Key of an operation.
    params : Params
        Its settings.
    images : tuple of str
        The files it works on; `assess` and `profile` take several.
    inputs : mapping of str to str
        Files of further inputs by their keyword, such as `{"reference": "real.ome.tif"}`.
    output : str
        Where the result goes.
    """

    operation: str
    params: Params
    images: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    output: str = "result.ome.tif"


def as_python(call: Call) -> str:
    """A script that does what `call` says.

    Examples
    --------
    >>> from napari_fidelity.operations.synthesize import SynthesizeParams
    >>> print(as_python(Call("synthesize", SynthesizeParams(seed=3), ("mask.tif",))))
    import napari_fidelity as fidelity
    <BLANKLINE>
    image = fidelity.read_image("mask.tif")
    params = fidelity.SynthesizeParams(seed=3)
    result = fidelity.synthesize(image, params)
    fidelity.write_image("result.ome.tif", result)
    <BLANKLINE>
    """
    style = _style_of(call)
    lines = ["import napari_fidelity as fidelity", ""]
    if style.takes_many:
        lines.append(f"paths = {_literal(list(call.images), 0)}")
        lines.append("images = [fidelity.read_image(path) for path in paths]")
    else:
        lines.append(f"image = fidelity.read_image({_quote(call.images[0])})")
    lines += [f"{name} = fidelity.read_image({_quote(path)})" for name, path in call.inputs.items()]
    kind = f"fidelity.{type(call.params).__name__}"
    lines += _spell_call(f"params = {kind}", _list_short(style, call.params))
    given = [f"{name}={name}" for name in call.inputs]
    arguments = ", ".join(["images" if style.takes_many else "image", *given, "params=params"])
    if not style.takes_many and not given:
        arguments = "image, params"
    lines.append(f"result = fidelity.{_function_name(call)}({arguments})")
    lines.append(style.python_end.format(output=_quote(call.output)))
    return "\n".join(lines) + "\n"


def as_command(call: Call) -> str:
    """The command line that does what `call` says, with the quotes of this system's shell.

    Raises
    ------
    UserError
        A setting was chosen that has no option, or the line is too long for a terminal.

    Examples
    --------
    >>> from napari_fidelity.operations.synthesize import SynthesizeParams
    >>> print(as_command(Call("synthesize", SynthesizeParams(noise=False), ("my mask.tif",))))
    napari-fidelity synthesize 'my mask.tif' -o result.ome.tif --no-noise
    <BLANKLINE>
    """
    style = _style_of(call)
    words = [PROGRAM, call.operation, *call.images]
    for name, path in call.inputs.items():
        words += [style.inputs.get(name, _flag(name)), path]
    if style.writes:
        words += ["-o", call.output]
    whole = call.params.model_dump(mode="json")
    chosen = _list_short(style, call.params)
    for name in type(call.params).model_fields:
        if name in chosen or name in style.always:
            words += _spell_option(style, name, chosen.get(name, whole[name]))
    text = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    if len(text) > LONGEST_COMMAND:
        raise UserError(
            f"The command would have {len(text)} letters, a terminal takes {LONGEST_COMMAND}: copy "
            "as Python or recipe, or load the PSF from a file."
        )
    return text + "\n"


def as_recipe(call: Call) -> str:
    """A recipe, YAML, that does to any image what `call` does to each of its own.

    Further inputs are named by the absolute paths of their files.

    Raises
    ------
    UserError
        It lacks an image that the operation needs.

    Examples
    --------
    >>> from napari_fidelity.operations.synthesize import SynthesizeParams
    >>> print(as_recipe(Call("synthesize", SynthesizeParams(seed=3), ("mask.tif",))))
    napari-fidelity: recipe 1
    steps:
    - operation: synthesize
      params:
        seed: 3
    <BLANKLINE>
    """
    step = RecipeStep(
        operation=call.operation, params=list_chosen(call.params), inputs=dict(call.inputs)
    )
    return Recipe.parse({"steps": [step]}).to_yaml()


def _style_of(call: Call) -> CommandStyle:
    return COMMAND_STYLES.get(call.operation, CommandStyle())


def _list_short(style: CommandStyle, params: Params) -> dict[str, Any]:  # Any: JSON
    """The chosen settings, with a name in place of what has one."""
    chosen = list_chosen(params)
    for field_name, find_name in style.short.items():
        if field_name in chosen and (known := find_name(getattr(params, field_name))) is not None:
            chosen[field_name] = known
    return chosen


def _function_name(call: Call) -> str:
    return _style_of(call).function or str(OPERATIONS[call.operation].run.__name__)


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _spell_option(style: CommandStyle, name: str, value: Any) -> list[str]:  # Any: JSON
    """The words of one chosen setting."""
    if name in style.options:
        return style.options[name](value)
    if name in style.without_option:
        raise UserError(
            f"The command has no option for the setting {name!r}: copy as Python or recipe."
        )
    if isinstance(value, bool):
        return [_flag(name) if value else _flag("no_" + name)]
    if isinstance(value, (dict, list)) or value is None:
        return [_flag(name), json.dumps(value, ensure_ascii=False)]
    return [f"{_flag(name)}={value}"] if str(value).startswith("-") else [_flag(name), str(value)]


def _spell_call(start: str, arguments: Mapping[str, Any]) -> list[str]:  # Any: JSON
    """Lines of a call with keywords: one line, or one for each argument."""
    short = ", ".join(f"{name}={_literal(value)}" for name, value in arguments.items())
    if len(start) + len(short) + 2 <= LINE:
        return [f"{start}({short})"]
    body = [f"    {name}={_literal(value, 4)}," for name, value in arguments.items()]
    return [f"{start}(", *body, ")"]


def _literal(value: Any, indent: int | None = None) -> str:  # Any: JSON
    """A JSON value as Python writes it; wrapped under `indent` where it is long."""
    if isinstance(value, str):
        return _quote(value)
    if not isinstance(value, (dict, list)):
        return repr(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    inner = None if indent is None else indent + 4
    if isinstance(value, dict):
        parts = [f"{_quote(str(key))}: {_literal(entry, inner)}" for key, entry in value.items()]
    else:
        parts = [_literal(entry, inner) for entry in value]
    short = ", ".join(parts)
    if indent is None or ("\n" not in short and indent + len(short) <= LINE - 16):
        return opening + short + closing
    lines = "".join(f"\n{' ' * (indent + 4)}{part}," for part in parts)
    return f"{opening}{lines}\n{' ' * indent}{closing}"


def _quote(text: str) -> str:
    """A text as a Python literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
