"""`train`: a training run, started, resumed, checked or stopped."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fidelity.cli.console import print_note, show_progress
from napari_fidelity.cli.spec import CommandSpec
from napari_fidelity.core.errors import UserError
from napari_fidelity.core.params import SettingError

if TYPE_CHECKING:
    from napari_fidelity.training.config import TrainConfig

STOPPED = 130  # before its end
SHORT = {"max_steps": "run.max_steps", "seed": "run.seed", "data": "data.folder"}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the file of settings, the folder of the run, and what to do with it."""
    parser.add_argument("config", metavar="CONFIG", nargs="?", help="training settings (YAML)")
    parser.add_argument("--out", metavar="RUN", help="folder of the run")
    parser.add_argument("--method", metavar="KEY", help="instead of CONFIG: what to train")
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="instead of CONFIG: a folder with inputs/ and targets/, or masks/ and images/",
    )
    parser.add_argument("--max-steps", metavar="N", help="steps of the whole run")
    parser.add_argument("--seed", metavar="S", help="of everything random")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="settings",
        nargs="+",
        action="extend",
        default=[],
        help="other settings by their names in CONFIG, such as method.rate=1e-4 data.patch_px=64",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--resume",
        action="store_true",
        help="go on with the run in RUN, also longer than it was begun: with another --max-steps",
    )
    what.add_argument(
        "--check",
        action="store_true",
        help="look at data and settings only; with --out also draw patches there",
    )
    what.add_argument(
        "--stop", action="store_true", help="let the run in RUN end its step, save and stop"
    )
    what.add_argument("--list", action="store_true", help="list the methods")


def run(arguments: Namespace) -> int:
    """Do what the options say; the exit code."""
    if arguments.list:
        return _list_methods()
    if arguments.stop:
        return _stop(arguments)
    config = _read_config(arguments)
    if arguments.check:
        return _check(config, arguments)
    return _train(config, arguments)


def _list_methods() -> int:
    from napari_fidelity.training.catalog import TRAININGS

    width = max(map(len, TRAININGS), default=0)
    for key, spec in TRAININGS.items():
        print(f"{key:{width}}  {spec.title}: {spec.description}")
    return 0


def _stop(arguments: Namespace) -> int:
    from napari_fidelity.training.run_folder import RunFolder

    run = RunFolder.open(_need_folder(arguments))
    if not run.is_alive():
        raise UserError(f"No process works on {arguments.out}: there is nothing to stop.")
    run.ask_to_stop()
    print_note(f"{arguments.out}: it will stop after this step.")
    return 0


def _check(config: TrainConfig, arguments: Namespace) -> int:
    """Tell what a run would take; where its folder is given and new, with a contact sheet there."""
    from napari_fidelity.training.preflight import check_training
    from napari_fidelity.training.run_folder import RunFolder

    folder = None
    if arguments.out is not None and not RunFolder(arguments.out).identity.exists():
        RunFolder(arguments.out).check_place()
        folder = Path(arguments.out)
    print(check_training(config, folder, show_progress()).to_text())
    return 0


def _train(config: TrainConfig, arguments: Namespace) -> int:
    from napari_fidelity.training.train import train

    folder = _need_folder(arguments)
    result = train(config, folder, resume=arguments.resume, progress=show_progress())
    best = ""
    if result.best:
        best = f", best at step {result.best['step']}: {result.best['key']} " + (
            f"{result.best['value']:.4g}"
        )
    print_note(f"{folder}: {result.state} at step {result.step}{best}.")
    if result.package is not None:
        print(result.package)
    return STOPPED if result.state == "stopped" else 0


def _need_folder(arguments: Namespace) -> Path:
    if arguments.out is None:
        raise UserError("Where is the run? Give its folder: --out RUN.")
    return Path(arguments.out)


def _read_config(arguments: Namespace) -> TrainConfig:
    """Settings of the file, of the run that is resumed, or of the options alone."""
    from napari_fidelity.training.config import TrainConfig, read_config
    from napari_fidelity.training.run_folder import RunFolder
    from napari_fidelity.training.stated_settings import state_settings

    if arguments.config is not None and arguments.method is not None:
        raise UserError("Give a file of settings or --method, not both.")
    values: dict[str, Any] = {}  # Any: YAML
    if arguments.config is not None:
        values = read_config(arguments.config).model_dump(mode="json")
    elif arguments.method is not None:
        values = {"method": {"kind": arguments.method}, "data": {}}
    elif arguments.resume:
        values = RunFolder.open(_need_folder(arguments)).read_config().model_dump(mode="json")
    else:
        raise UserError(
            "What is to be trained? Give a file of settings, or --method KEY with --data DIR."
        )
    short = {
        place: f"{place}={json.dumps(given)}"
        for name, place in SHORT.items()
        if (given := getattr(arguments, name)) is not None
    }
    values = state_settings(values, [*short.values(), *arguments.settings])
    try:
        return TrainConfig.parse(values)
    except SettingError as error:
        if error.name not in short:
            raise
        flag = {place: name.replace("_", "-") for name, place in SHORT.items()}[error.name]
        raise UserError(f"--{flag} {error.problem}.") from None


TRAIN = CommandSpec(
    key="train",
    help="train a model on your own images; --resume goes on after an interruption",
    add_arguments=add_arguments,
    run=run,
)
