"""How each command spells settings and inputs that are not simply `--field-name VALUE`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from napari_fidelity.simulation.degradation import PRESETS, Pipeline

METHOD_FLAGS = {"output": "method-output"}  # of the command `restore`, which has another output
Words = Callable[[Any], list[str]]  # Any: JSON values


@dataclass(frozen=True)
class CommandStyle:
    """What differs from the rule for one command, and how its script ends.

    Parameters
    ----------
    options : mapping
        By field: the words for its value.
    without_option : tuple of str
        Fields that the command line cannot state.
    always : tuple of str
        Fields that are stated even at their defaults: the command has others.
    short : mapping
        By field: a function of the value that gives a name for it, or None; the name stands in
        scripts, and `options` gets it.
    inputs : mapping
        By keyword: the option of a further input, where it is not `--keyword`.
    takes_many : bool
        Whether it works on several images at once.
    writes : bool
        Whether it writes its result with `-o`.
    function : str
        Public function, where it is not the operation's `run`.
    python_end : str
        Last line of the script.
    """

    options: Mapping[str, Words] = field(default_factory=dict)
    without_option: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    short: Mapping[str, Callable[[Any], str | None]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    takes_many: bool = False
    writes: bool = True
    function: str = ""
    python_end: str = "fidelity.write_image({output}, result)"


def _spell_levels(levels: dict[str, float] | None) -> list[str]:
    if levels is None:
        return []
    names = ("foreground_mean", "foreground_sd", "background_mean", "background_sd")
    return ["--levels", *(str(levels[name]) for name in names)]


def _spell_camera(camera: dict[str, float] | None) -> list[str]:
    return [] if camera is None else ["--camera", json.dumps(camera)]


def _spell_metrics(settings: dict[str, Any]) -> list[str]:  # Any: JSON
    words = []
    for name, value in settings.items():
        flag = "--margin" if name == "margin_px" else "--" + name.replace("_", "-")
        words += [flag, str(value)]
    return words


def _spell_numbers(flag: str) -> Words:
    return lambda values: [flag, ",".join(map(str, values))]


def _spell_points(points: list[list[float]]) -> list[str]:
    # one word: a negative number at the start would be taken for an option
    return ["--points=" + " ".join(",".join(map(str, point)) for point in points)]


def _name_preset(pipeline: Pipeline) -> str | None:
    return next((key for key, preset in PRESETS.items() if preset.pipeline == pipeline), None)


def _spell_pipeline(pipeline: str | dict[str, Any]) -> list[str]:  # Any: JSON
    if isinstance(pipeline, str):
        return ["--preset", pipeline]
    return ["--pipeline", json.dumps(pipeline, ensure_ascii=False)]


def _spell_method(method: dict[str, Any]) -> list[str]:  # Any: JSON
    """Each setting as an option; as JSON where one is no plain value."""
    settings = {name: value for name, value in method.items() if name != "kind"}
    if any(value is None or isinstance(value, (dict, list)) for value in settings.values()):
        return ["--method", json.dumps(method, ensure_ascii=False)]
    words = ["--method", str(method["kind"])]
    for name, value in settings.items():
        flag = METHOD_FLAGS.get(name, name.replace("_", "-"))
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words.append(f"--{flag}={value}")  # a negative number is no option
    return words


def _spell_psf(psf: dict[str, Any]) -> list[str]:  # Any: JSON
    return ["--psf", json.dumps(psf, ensure_ascii=False)]


COMMAND_STYLES: Mapping[str, CommandStyle] = {
    "synthesize": CommandStyle(
        options={"levels": _spell_levels, "camera": _spell_camera},
        without_option=("response",),
        inputs={"reference": "--match"},
    ),
    "degrade": CommandStyle(
        options={"pipeline": _spell_pipeline},
        always=("seed",),
        short={"pipeline": _name_preset},
    ),
    "restore": CommandStyle(options={"method": _spell_method, "psf": _spell_psf}),
    "assess": CommandStyle(
        options={
            "metrics": _spell_metrics,
            "plane": _spell_numbers("--plane"),
            "keys": _spell_numbers("--metrics"),
        },
        takes_many=True,
        writes=False,
        function="assess",
        python_end="for row in result.rows:\n    print(row.name, row.scores)",
    ),
    "difference": CommandStyle(function="map_difference"),
    "profile": CommandStyle(
        options={"points": _spell_points, "plane": _spell_numbers("--plane")},
        takes_many=True,
        function="measure_profiles",
        python_end="result.save({output})",
    ),
}
