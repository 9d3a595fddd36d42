"""Everything that a run needs to go on, in one file at a time that exists wholly or not at all."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import nn

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.training.method import TrainingMethod

VERSION = 1
LAST, BEST = "last.pt", "best.pt"


@dataclass
class RunPosition:
    """Where a run is: numbers and words, beside what the method itself holds.

    Parameters
    ----------
    step, validated : int
        Steps done, and that of the last validation.
    seconds : float
        Training time so far.
    part : int
        Patches that are computed at once; 0: all of them.
    best : dict
        Step, key and value of the best checkpoint.
    schedule : dict
        State of the learning rates.
    sums, count : dict, int
        Losses since the last line of metrics, and over how many steps.
    """

    step: int = 0
    validated: int = 0
    seconds: float = 0.0
    part: int = 0
    best: dict[str, Any] = field(default_factory=dict)  # Any: a word and numbers
    schedule: dict[str, Any] = field(default_factory=dict)  # Any: numbers and None
    sums: dict[str, float] = field(default_factory=dict)
    count: int = 0


def save_checkpoint(path: Path, method: TrainingMethod, position: RunPosition) -> None:
    """Write networks, optimisers, the method's state and the position.

    Raises
    ------
    UserError
        The disk is full or not writable; an older file of this name stays as it was.
    """
    content = {
        "version": VERSION,
        "position": asdict(position),
        "networks": {key: network.state_dict() for key, network in method.networks.items()},
        "optimisers": {key: one.state_dict() for key, one in method.optimisers.items()},
        "state": dict(method.state()),
    }
    with write_atomically(path) as temporary:
        _save(content, temporary)


def copy_checkpoint(source: Path, target: Path) -> None:
    """The same checkpoint under another name: a link where the disk knows links."""
    if target.exists() and target.samefile(source):
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    try:
        temporary.hardlink_to(source)
    except OSError:
        with write_atomically(target) as copied:
            shutil.copyfile(source, copied)
    else:
        temporary.replace(target)


def load_checkpoint(path: Path, method: TrainingMethod) -> RunPosition:
    """Put a checkpoint into a method built with the same settings; the position.

    Raises
    ------
    UserError
        It is damaged, or of other networks.
    """
    return _restore(path, _read(path), method)


def load_newest(folder: Path, method: TrainingMethod) -> tuple[RunPosition | None, str]:
    """Put the newest checkpoint that can be read into a method; its position.

    Returns
    -------
    (RunPosition or None, str)
        None where there is no checkpoint; a sentence where the last one is damaged.

    Raises
    ------
    UserError
        All that are there are damaged, or they are of other networks.
    """
    damaged: list[str] = []
    for path in _rank(folder):
        try:
            content = _read(path)
        except UserError:
            damaged.append(path.name)
            continue
        position = _restore(path, content, method)
        note = f"{' and '.join(damaged)} cannot be read: going on from {path.name}."
        return position, note if damaged else ""
    if damaged:
        raise UserError(
            f"No checkpoint in {folder} can be read ({', '.join(damaged)}): start a new run in "
            "another folder."
        )
    return None, ""


def _rank(folder: Path) -> Iterator[Path]:
    """The last checkpoint, then those kept and the best, the newest first."""
    if (last := folder / LAST).exists():
        yield last
    steps = {path: int(path.stem.removeprefix("step_")) for path in folder.glob("step_*.pt")}
    if (best := folder / BEST).exists():
        steps[best] = _read_step(best)
    yield from sorted(steps, key=lambda path: steps[path], reverse=True)


def list_parameters(method: TrainingMethod) -> list[nn.Parameter]:
    """The parameters of all networks of a method."""
    return [one for network in method.networks.values() for one in network.parameters()]


def _read_step(path: Path) -> int:
    """Steps done in a checkpoint, -1 where it is damaged."""
    try:
        return int(_read(path)["position"]["step"])
    except UserError:
        return -1


def _read(path: Path) -> dict[str, Any]:  # Any: tensors, numbers, words
    try:
        with zipfile.ZipFile(path) as archive:  # PyTorch itself would not see a flipped bit
            if (part := archive.testzip()) is not None:
                raise UserError(f"{path} is damaged ({part}).")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except UserError:
        raise
    except Exception as error:  # every kind of damage has its own class
        raise UserError(f"{path} is damaged ({_shorten(error)}).") from error
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise UserError(f"{path} is a checkpoint of another version of this software.")
    return content


def _restore(
    path: Path,
    content: Mapping[str, Any],  # Any: as `_read` gives
    method: TrainingMethod,
) -> RunPosition:
    try:
        for key, network in method.networks.items():
            network.load_state_dict(content["networks"][key])
        for key, optimiser in method.optimisers.items():
            optimiser.load_state_dict(content["optimisers"][key])
        device = next(parameter.device for parameter in list_parameters(method))
        method.load_state({key: value.to(device) for key, value in content["state"].items()})
        known = {one.name for one in fields(RunPosition)}
        return RunPosition(**{k: v for k, v in content["position"].items() if k in known})
    except (KeyError, RuntimeError, ValueError, TypeError) as error:
        raise UserError(
            f"{path} does not fit this method's networks ({_shorten(error)}): start a new run."
        ) from error


def _save(content: Mapping[str, Any], path: Path) -> None:  # Any: tensors, numbers, words
    """`torch.save`, whose own writer tells a full disk as an error without its number."""
    with path.open("wb") as file:
        torch.save(dict(content), file)


def _shorten(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
