"""Images of a program written as the folder that a training reads: the run has files of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.data.settings import Task
from napari_fidelity.imageio import write_image
from napari_fidelity.operations.train_process import make_folder

FOLDERS: dict[Task, tuple[str, str]] = {
    "synthesis": ("masks", "images"),
    "segmentation": ("images", "masks"),
    "restoration": ("inputs", "targets"),
}
ENDING = ".ome.tif"

Load = Callable[[], Image]


@dataclass(frozen=True)
class Example:
    """Two images that belong together, read when they are written.

    Parameters
    ----------
    name : str
        Of both files, without an ending.
    load_input, load_target : callable or None
        Give the images; None where one side is made elsewhere, by a degradation for instance.
    """

    name: str
    load_input: Load | None
    load_target: Load | None


def write_examples(
    examples: Sequence[Example], folder: Path, task: Task, progress: Progress | None = None
) -> Path:
    """Write the images into two sub-folders of `folder`, named as the task wants; gives `folder`.

    Raises
    ------
    UserError
        A mask holds no object, two examples share a name, the disk is full.
    Cancelled
        Between two files.
    """
    progress = progress or Progress()
    names = [example.name for example in examples]
    if len(set(names)) < len(names):
        raise UserError("Two examples share a name: rename one of the layers.")
    sides = FOLDERS[task]
    for number, example in enumerate(examples):
        progress(number, len(examples), "writing images")
        loads = (example.load_input, example.load_target)
        for side, load in zip(sides, loads, strict=True):
            if load is None:
                continue
            image = load()
            if side == "masks" and not image.array.any():
                raise UserError(f"The mask “{image.name}” is empty: paint its objects first.")
            make_folder(folder / side)
            write_image(folder / side / f"{example.name}{ENDING}", image)
    return folder
