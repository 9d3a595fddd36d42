"""A recipe run over many files, which may be killed at any moment and resumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import Field

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.imageio import write_image
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.operations.file_tasks import Failure, Task, run_tasks
from napari_fidelity.operations.open_image import open_image
from napari_fidelity.operations.recipe import Recipe, run_recipe
from napari_fidelity.operations.result_folder import (
    SUFFIX,
    TABLE_SUFFIX,
    check_inputs,
    name_outputs,
    prepare_folder,
    write_failures,
    write_whole_table,
)
from napari_fidelity.operations.source_record import point_to_file


class BatchParams(Params):
    """Settings of `run_batch`."""

    resume: bool = Field(
        False,
        title="Resume",
        description="Go on with a batch that was interrupted: outputs that are there are kept",
    )
    workers: int | None = Field(
        None,
        ge=1,
        le=1024,
        title="Workers",
        description="Files at a time; default: one for each core of the processor",
    )


@dataclass(frozen=True)
class BatchOutcome:
    """What a batch did.

    Parameters
    ----------
    written : int
        Outputs made now.
    kept : int
        Outputs that were there already.
    failures : tuple of Failure
        Files that failed, and why.
    """

    written: int
    kept: int
    failures: tuple[Failure, ...]


def run_batch(
    recipe: Recipe,
    files: Sequence[str | Path],
    folder: str | Path,
    params: BatchParams | None = None,
    progress: Progress | None = None,
) -> BatchOutcome:
    """Run `recipe` on every file and write the results into `folder`.

    Every output is an OME-TIFF under the name of its file, in the sub-folder where the file is
    below the folder that all have in common. A recipe that ends in a table gives a CSV file for
    each instead, and `table.csv` with the rows of all if their columns are the same. Each file
    gets seeds of its own, made of the recipe's seeds and its name, so an output depends neither
    on the order nor on the other files.
    The folder also gets the recipe, and `failed.csv` where files failed.

    Parameters
    ----------
    recipe : Recipe
        What is done with each.
    files : sequence of path
        Images: files that `read_image` reads, or Zarr folders.
    folder : path
        Where results go; it is made if need be.
    params : BatchParams, optional
        Settings; default: the field defaults.
    progress : Progress, optional
        Called for every file.

    Raises
    ------
    UserError
        No files; a further input of the recipe that is not there; the folder holds results, and
        `resume` is not set; it holds those of another recipe; it cannot be written.
    Cancelled
        Asked for through `progress`; outputs that were written stay.
    """
    params, progress = params or BatchParams(), progress or Progress()
    folder = Path(folder)
    recipe.check_files()
    paths = check_inputs(files, folder)
    names = name_outputs(paths, TABLE_SUFFIX if recipe.gives() == "table" else SUFFIX)
    outputs = [folder / name for name in names]
    prepare_folder(folder, recipe.to_yaml(), outputs, resume=params.resume)
    todo = [
        Task(str(path), (recipe, str(path), name, str(folder)))
        for path, name in zip(paths, names, strict=True)
        if not (folder / name).exists()
    ]
    failures: list[Failure] = []

    def note(failure: Failure) -> None:
        failures.append(failure)
        write_failures(folder, failures)

    found = run_tasks(_run_file, todo, workers=params.workers, progress=progress, on_failure=note)
    if recipe.gives() == "table":
        made = zip(map(str, paths), outputs, strict=True)
        write_whole_table(folder, {path: output for path, output in made if output.exists()})
    return BatchOutcome(len(todo) - len(found), len(paths) - len(todo), tuple(found))


def _run_file(content: tuple[Recipe, str, str, str], progress: Progress) -> None:
    recipe, path, name, folder = content
    target = Path(folder) / name
    own = recipe.with_seeds_for(name)
    image = open_image(path)
    if recipe.gives() == "table":  # its rows say which image they are about
        image = replace(image, name=Path(path).name)
    result = run_recipe(image, own, progress)
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(result, Image):
        write_image(target, point_to_file(result, path))
        return
    with write_atomically(target) as temporary:
        temporary.write_text(result.to_csv(), encoding="utf-8")
