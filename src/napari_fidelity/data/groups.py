"""Groups of images that stay on one side of the split: from a table, or from the names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_names import spell_names, strip_suffixes
from napari_fidelity.data.training_files import ImageFiles

SPLITS = ("train", "validation", "test")
_SPELLINGS = {"training": "train", "val": "validation", "valid": "validation"}
_NAME_COLUMNS, _GROUP_COLUMNS = ("name", "image", "file"), ("group", "original")


def state_groups(
    files: Sequence[ImageFiles], groups: str | None, folder: str | None = None
) -> tuple[ImageFiles, ...]:
    """The files with their groups, and where a table says so with their side of the split.

    Parameters
    ----------
    files : sequence of ImageFiles
        Each is a group of its own so far.
    groups : str, optional
        A CSV file with the columns `name` and `group`, perhaps `split` ("train", "validation",
        "test"), or a pattern whose first bracket finds the group in a name.
    folder : str, optional
        Where a `manifest.csv` is looked for if no groups are given: degraded copies of one
        original are a group there.

    Raises
    ------
    UserError
        The table or the pattern cannot be used, leaves images without a group, or puts one
        group on two sides.

    Examples
    --------
    >>> files = [ImageFiles(name, None, None, name) for name in ("a_1", "a_2", "b_1")]
    >>> [entry.group for entry in state_groups(files, "^([a-z])_")]
    ['a', 'a', 'b']
    """
    manifest = Path(folder, "manifest.csv") if folder else None
    if groups is None:
        if manifest is None or not manifest.is_file():
            return tuple(files)
        return _apply_table(files, manifest)
    if groups.lower().endswith((".csv", ".tsv", ".txt")):
        return _apply_table(files, Path(groups))
    return _apply_pattern(files, groups)


def _apply_pattern(files: Sequence[ImageFiles], text: str) -> tuple[ImageFiles, ...]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UserError(f"The pattern of groups {text!r} cannot be read: {error}.") from None
    if pattern.groups == 0:
        raise UserError(
            f"The pattern of groups {text!r} has no bracket: put one around the part of a name "
            "that tells the group, as in (field[0-9]+)_."
        )
    found = {entry.name: pattern.search(entry.name) for entry in files}
    lost = [name for name, match in found.items() if match is None or match[1] is None]
    if lost:
        raise UserError(
            f"The pattern of groups {text!r} fits {len(lost)} of {len(files)} names not: "
            f"{spell_names(lost)}."
        )
    return tuple(replace(entry, group=match[1]) for entry in files if (match := found[entry.name]))


def _apply_table(files: Sequence[ImageFiles], path: Path) -> tuple[ImageFiles, ...]:
    rows = _read_table(path)
    lost = [entry.name for entry in files if entry.name not in rows]
    if lost:
        raise UserError(
            f"{path} has no row for {len(lost)} of {len(files)} images: {spell_names(lost)}."
        )
    stated = [
        replace(entry, group=rows[entry.name][0], split=rows[entry.name][1]) for entry in files
    ]
    sides: dict[str, str | None] = {}
    for entry in stated:
        if sides.setdefault(entry.group, entry.split) != entry.split:
            raise UserError(
                f"{path} puts group {entry.group} both in {sides[entry.group]} and in "
                f"{entry.split}: images of a group belong to one side."
            )
    return tuple(stated)


def _read_table(path: Path) -> dict[str, tuple[str, str | None]]:
    """Group and split by name."""
    if not path.is_file():
        raise UserError(f"There is no table {path}: give a CSV file with columns name and group.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a table: {error}.") from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=max(",;\t", key=first.count))
    columns = [column.strip().lower() for column in reader.fieldnames or ()]
    reader.fieldnames = columns
    name = next((column for column in _NAME_COLUMNS if column in columns), None)
    group = next((column for column in _GROUP_COLUMNS if column in columns), None)
    if name is None or group is None:
        raise UserError(
            f"{path} has the columns {', '.join(columns) or 'none'}: name and group are needed."
        )
    return {
        strip_suffixes(Path(row[name].strip())): (row[group].strip(), _read_split(row, path))
        for row in reader
        if row[name] and row[group]
    }


def _read_split(row: dict[str, str], path: Path) -> str | None:
    said = (row.get("split") or "").strip().lower()
    split = _SPELLINGS.get(said, said)
    if split and split not in SPLITS:
        raise UserError(f"{path} says split {said!r}: train, validation or test is needed.")
    return split or None
