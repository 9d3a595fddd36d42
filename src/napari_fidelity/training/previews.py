"""Results on validation images as files, beside what went in and what was wanted."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.imageio.atomic_write import explain_failure
from napari_fidelity.training.run_folder import RunFolder

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example

Floats = npt.NDArray[np.float32]
KEPT = 60  # folders of previews; older ones are thinned out
WHOLE = 20  # of the newest, none is removed


def write_examples(run: RunFolder, examples: Sequence[Example]) -> None:
    """Write inputs and targets of the examples, each in its own units, once for a run."""
    for kind in ("inputs", "targets"):
        images = {}
        for example in examples:
            scaling = getattr(example, f"{kind[:-1]}_scaling")
            array = np.asarray(scaling.undo(getattr(example, kind)), np.float32)
            images[example.name] = array if len(array) > 1 and kind == "targets" else array[0]
        _write_folder(run.previews / kind, images, examples)


def write_results(
    run: RunFolder, step: int, images: Mapping[str, Floats], examples: Sequence[Example]
) -> Path:
    """Write what the network makes of the examples at a step; the folder.

    All files are there when the folder takes its name.
    """
    folder = run.previews / f"step_{step:07d}"
    _write_folder(folder, images, examples)
    for old in choose_thinned(run.list_previews()):
        shutil.rmtree(old)
    return folder


def remove_later(run: RunFolder, step: int) -> None:
    """Remove previews of steps that will be done again."""
    for folder in run.list_previews():
        if int(folder.name.removeprefix("step_")) > step:
            shutil.rmtree(folder)


def choose_thinned(folders: Sequence[Path]) -> list[Path]:
    """Which of too many folders, in the order of their steps, to remove: every other old one.

    Examples
    --------
    >>> len(choose_thinned([Path(str(n)) for n in range(61)]))
    20
    """
    return [] if len(folders) <= KEPT else list(folders[1:-WHOLE:2])


def file_name(name: str) -> str:
    """The name of an example's file: its own, with folders before it joined by a line.

    Examples
    --------
    >>> file_name("day1/field_3")
    'day1_field_3.tif'
    """
    return name.replace("/", "_").replace("\\", "_") + ".tif"


def _write_folder(folder: Path, images: Mapping[str, Floats], examples: Sequence[Example]) -> None:
    temporary = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    frames = {example.name: example for example in examples}
    try:
        temporary.mkdir()
        for name, array in images.items():
            write_image(temporary / file_name(name), _to_image(array, name, frames[name]))
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except OSError as error:
        raise explain_failure(folder, error) from error


def _to_image(array: Floats, name: str, example: Example) -> Image:
    leading = array.ndim - len(example.pixel_size)
    axes = "C" * leading + "ZYX"[-len(example.pixel_size) :]
    return Image(
        array,
        axes=axes,
        scale=(1.0,) * leading + tuple(example.pixel_size),
        units=("pixel",) * leading + tuple(example.units),
        name=name,
    )
