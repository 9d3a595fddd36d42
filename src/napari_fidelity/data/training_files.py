"""Which files a training takes: folders, lists or patterns, both sides matched by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_names import (
    index_by_name,
    list_files,
    list_folder,
    spell_names,
)
from napari_fidelity.data.settings import DataSettings, Task

INPUTS, TARGETS, IMAGES = "inputs", "targets", "images"
MASKS = ("masks", "labels")


@dataclass(frozen=True)
class ImageFiles:
    """One original: its files, and where it stands.

    Parameters
    ----------
    name : str
        Of the file, without suffixes.
    input, target : Path, optional
        At least one; a pair has both.
    group : str
        Images of a group stay on one side of the split.
    split : str, optional
        "train", "validation" or "test" where a table states it.
    """

    name: str
    input: Path | None
    target: Path | None
    group: str
    split: str | None = None


@dataclass(frozen=True)
class TrainingFiles:
    """What a training is for, and its files by name."""

    task: Task
    files: tuple[ImageFiles, ...]


def find_training_files(
    settings: DataSettings, *, tasks: Sequence[Task], paired: bool
) -> TrainingFiles:
    """The files that the settings name.

    Parameters
    ----------
    settings : DataSettings
        Its folder has `inputs/` and `targets/`, or `masks/` (or `labels/`) and `images/`, or
        `targets/` alone where a degradation makes the inputs. Or `inputs` and `targets` name
        files, folders or patterns.
    tasks : sequence of str
        What the method can be trained for, the usual one first.
    paired : bool
        Whether every image needs a twin of equal name on the other side.

    Raises
    ------
    UserError
        Missing or empty folders, names without a twin, a task that method or folders do not fit.
    """
    inputs, targets, natural = _find_sides(settings)
    task = _choose_task(settings.task, tasks, natural)
    if natural == "masks" and task == "segmentation":
        inputs, targets = targets, inputs
    degraded = settings.degradation is not None
    if degraded and task != "restoration":
        raise UserError(
            f"A degradation makes inputs for restoration, not for {task}: leave it out."
        )
    files = _match(inputs, targets, paired=paired and not degraded)
    return TrainingFiles(task, tuple(files))


def _find_sides(settings: DataSettings) -> tuple[list[Path], list[Path], str]:
    """Files of both sides, and what the folders say: "images", "masks" (first side) or ""."""
    listed = bool(settings.inputs or settings.targets)
    if listed == (settings.folder is not None):
        raise UserError(
            "The images are named twice: give a folder, or inputs and targets."
            if listed
            else "No images are named: give a folder, or inputs and targets."
        )
    if settings.folder is not None:
        return _find_in_folder(Path(settings.folder), settings)
    if not settings.targets:
        raise UserError("Targets are missing: name the images that the network should make.")
    if not settings.inputs and settings.degradation is None:
        raise UserError("Inputs are missing: name them, or a degradation that makes them.")
    if settings.inputs and settings.degradation is not None:
        raise UserError("Inputs and a degradation are both given: the degradation makes inputs.")
    kind = "" if settings.inputs else "images"
    return list_files(settings.inputs), list_files(settings.targets), kind


def _find_in_folder(folder: Path, settings: DataSettings) -> tuple[list[Path], list[Path], str]:
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}: choose the one that holds the images.")
    masks = next((folder / name for name in MASKS if (folder / name).is_dir()), None)
    if settings.degradation is not None:
        if not (folder / TARGETS).is_dir():
            raise UserError(f"{folder} has no targets/: put the clean images there.")
        return [], list_folder(folder / TARGETS), "images"
    if (folder / INPUTS).is_dir() and (folder / TARGETS).is_dir():
        return list_folder(folder / INPUTS), list_folder(folder / TARGETS), "images"
    if masks is not None and (folder / IMAGES).is_dir():
        return list_folder(masks), list_folder(folder / IMAGES), "masks"
    if (folder / TARGETS).is_dir():
        raise UserError(
            f"{folder} has targets/ but no inputs/: add them, or name a degradation that makes "
            "them."
        )
    raise UserError(
        f"{folder} has neither inputs/ and targets/ nor masks/ and images/: sort the images into "
        "two such folders."
    )


def _choose_task(stated: Task | None, tasks: Sequence[Task], natural: str) -> Task:
    fitting: tuple[Task, ...] = {
        "images": ("restoration",),
        "masks": ("synthesis", "segmentation"),
    }.get(natural, tuple(tasks))  # type: ignore[assignment]  # a dict forgets literal types
    possible = [task for task in tasks if task in fitting]
    if stated is not None:
        if stated not in tasks:
            raise UserError(f"This method is for {' and '.join(tasks)}, not for {stated}.")
        if natural == "masks" and stated not in fitting:
            raise UserError(f"masks/ and images/ do not fit {stated}: give inputs/ and targets/.")
        return stated
    if possible:
        return possible[0]
    # masks may lie in inputs/ or targets/ as well: the method's only task decides
    if natural == "images" and len(tasks) == 1:
        return tasks[0]
    needed = "inputs/ and targets/" if natural == "masks" else "masks/ and images/"
    raise UserError(f"This method is for {' or '.join(tasks)}: give a folder with {needed}.")


def _match(inputs: list[Path], targets: list[Path], *, paired: bool) -> list[ImageFiles]:
    left, right = index_by_name(inputs), index_by_name(targets)
    lonely = [name for name in left if name not in right]
    other = [name for name in right if name not in left]
    if paired and (lonely or other):
        raise UserError(_spell_lonely(lonely, other, inputs[0].parent, targets[0].parent))
    files = [ImageFiles(name, path, right.get(name), name) for name, path in left.items()]
    files += [ImageFiles(name, None, right[name], name) for name in other]
    return sorted(files, key=lambda entry: entry.name)


def _spell_lonely(lonely: list[str], other: list[str], left: Path, right: Path) -> str:
    parts = []
    if lonely:
        parts.append(f"{len(lonely)} of {left} ({spell_names(lonely)}) have no twin in {right}")
    if other:
        parts.append(f"{len(other)} of {right} ({spell_names(other)}) have no twin in {left}")
    return f"Names do not match: {', and '.join(parts)}. Both images of a pair need the same name."
