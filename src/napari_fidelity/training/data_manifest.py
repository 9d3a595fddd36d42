"""The table of a training's images: which they were, on which side, with which intensities."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.imageio.atomic_write import write_atomically

if TYPE_CHECKING:
    from napari_fidelity.training.training_fields import Field

_BLOCK_BYTES = 1 << 20


def write_data_manifest(path: Path, fields: Mapping[str, Sequence[Field]]) -> None:
    """A CSV file, one row a plane or volume."""
    hashes: dict[Path, str] = {}
    with (
        write_atomically(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer: csv.DictWriter[str] | None = None
        for split, found in fields.items():
            for field in found:
                row = _make_row(field, split, hashes)
                if writer is None:
                    writer = csv.DictWriter(file, list(row))
                    writer.writeheader()
                writer.writerow(row)


def _make_row(field: Field, split: str, hashes: dict[Path, str]) -> dict[str, object]:
    """A row; what there is not, such as a file of a degraded input, is empty."""
    row: dict[str, object] = {"name": field.name, "group": field.group, "split": split}
    for side, plane in (("input", field.input), ("target", field.target)):
        keys = ("", "_shape", "_dtype", "_scaling", "_offset", "_span", "_sha256")
        row |= {side + key: "" for key in keys}
        if plane is None:
            continue
        image = plane.image
        row |= {
            side: str(image.path),
            f"{side}_shape": spell_shape(plane.shape),
            f"{side}_dtype": str(image.frame.array.dtype),
            f"{side}_scaling": image.scaling.kind,
            f"{side}_offset": repr(image.scaling.offset),
            f"{side}_span": repr(image.scaling.span),
            f"{side}_sha256": _hash_once(image.path, hashes),
        }
    size, units = field.main.pixel_size()
    row["pixel_size"] = "×".join(f"{side:g}" for side in size)
    row["unit"] = units[-1]
    return row


def _hash_once(path: Path, hashes: dict[Path, str]) -> str:
    if path not in hashes:
        hashes[path] = hash_file(path)
    return hashes[path]


def hash_file(path: Path) -> str:
    """SHA-256 of a file, or of all files of a Zarr folder with their places in it."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for part in files:
        if part != path:
            digest.update(part.relative_to(path).as_posix().encode())
        with part.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
