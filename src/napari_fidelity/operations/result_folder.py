"""A folder of results that is made bit by bit, and may be gone on with after an interruption."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.operations.file_tasks import Failure

SUFFIX = ".ome.tif"
UNFINISHED = "." + 16 * "[0-9a-f]" + ".part"  # as `write_atomically` names them
TABLE_SUFFIX = ".csv"
RECIPE_FILE, FAILED_FILE, TABLE_FILE = "recipe.yaml", "failed.csv", "table.csv"


def check_inputs(files: Sequence[str | Path], folder: Path) -> list[Path]:
    """The files, absolute, sorted and each once.

    Raises
    ------
    UserError
        There are none, or one lies in the folder of the results.
    """
    if not files:
        raise UserError("There are no images to work on: name files, or a folder that holds some.")
    paths = sorted({Path(file).resolve() for file in files})
    target = folder.resolve()
    inside = [path for path in paths if target in path.parents or path == target]
    if inside:
        raise UserError(
            f"{inside[0]} lies in the folder of the results, {folder}: choose another folder."
        )
    return paths


def name_outputs(paths: Sequence[Path], suffix: str = SUFFIX) -> list[str]:
    """Names of the outputs below their folder, one for each path, all different.

    Names of files that the folder has of its own are not among them.

    Examples
    --------
    >>> name_outputs([Path("/in/a/1.tif"), Path("/in/b/1.ome.tif"), Path("/in/b/1.png")])
    ['a/1.ome.tif', 'b/1.ome.tif.ome.tif', 'b/1.png.ome.tif']
    >>> name_outputs([Path("/in/cells.tif"), Path("/in/table.tif")], ".csv")
    ['cells.csv', 'table.tif.csv']
    """
    top = Path(os.path.commonpath([path.parent for path in paths]))
    places = [path.relative_to(top) for path in paths]
    short = [place.with_name(_strip(place.name) + suffix) for place in places]
    counts = Counter([*short, *map(Path, (FAILED_FILE, TABLE_FILE))])
    return [
        (name if counts[name] == 1 else place.with_name(place.name + suffix)).as_posix()
        for name, place in zip(short, places, strict=True)
    ]


def prepare_folder(folder: Path, recipe: str, outputs: Sequence[Path], *, resume: bool) -> None:
    """Make the folder and note the recipe in it, or see that it made the results there.

    Parameters
    ----------
    folder : Path
        Where results go.
    recipe : str
        Text of the recipe that all results are made by; it is kept in the folder.
    outputs : sequence of Path
        The results that will be there.
    resume : bool
        Whether some may be there already.

    Raises
    ------
    UserError
        The folder cannot be made, or it holds results, and they are not asked for or of
        another recipe.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"Cannot make the folder {folder}: {error.strerror or error}.") from error
    noted = folder / RECIPE_FILE
    there = sum(output.exists() for output in outputs)
    if there and not resume:
        raise UserError(
            f"{folder} holds {there} of {len(outputs)} results already: resume, or choose another "
            "folder."
        )
    if there and noted.exists() and noted.read_text(encoding="utf-8") != recipe:
        raise UserError(
            f"{folder} holds results of another recipe, see {RECIPE_FILE} there: choose "
            "another folder."
        )
    for part in folder.rglob(UNFINISHED):  # left by a process that was killed
        part.unlink(missing_ok=True)
    for name in (FAILED_FILE, TABLE_FILE):
        (folder / name).unlink(missing_ok=True)
    with write_atomically(noted) as temporary:
        temporary.write_text(recipe, encoding="utf-8")


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    with write_atomically(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")


def write_whole_table(folder: Path, tables: Mapping[str, Path]) -> None:
    """Write the rows of all tables into one, where all have the same columns.

    Parameters
    ----------
    folder : Path
        Where it goes.
    tables : mapping of str to Path
        CSV files by the file that each is about, which becomes the first column.
    """
    header: list[str] = []
    rows: list[list[str]] = []
    for name, path in tables.items():
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        own, *values = csv.reader(line for line in lines if not line.startswith("#"))
        if header and own != header:
            return
        header = own
        rows += [[name, *row] for row in values]
    if rows:
        write_rows(folder / TABLE_FILE, ["file", *header], rows)


def write_failures(folder: Path, failures: Sequence[Failure]) -> None:
    """Write which files failed, and why, where any did."""
    if failures:
        rows = [(failure.name, failure.reason) for failure in failures]
        write_rows(folder / FAILED_FILE, ("file", "reason"), rows)


def _strip(name: str) -> str:
    stem = name.rsplit(".", 1)[0]
    return stem.removesuffix(".ome") or name
