"""Zarr results that exist completely or not at all."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio.atomic_write import explain_failure
from napari_fidelity.inference.lazy_arrays import Target
from napari_fidelity.inference.open_source import import_zarr

CHUNK_PX = 512
MARKS = ("zarr.json", ".zarray", ".zgroup")


@contextmanager
def create_target(
    path: str | Path,
    shape: Sequence[int],
    dtype: npt.DTypeLike,
    chunks: Sequence[int] | None = None,
) -> Iterator[Target]:
    """A Zarr array to write into, which takes the name `path` when the block succeeds.

    Parameters
    ----------
    path : str or Path
        Name of the folder; an earlier Zarr of that name stays as it is until the very end.
    shape, dtype
        Of the array.
    chunks : sequence of int, optional
        Default: planes of 512 × 512.

    Yields
    ------
    Target
        A Zarr array under a temporary name in the same folder. It is removed when the block
        fails or is cancelled.

    Raises
    ------
    UserError
        The folder is missing or not writable, `path` is something else than a Zarr array, the
        disk is full, or zarr is not installed.
    """
    target = check_zarr_place(path)
    zarr = import_zarr()
    if chunks is None:
        chunks = (1,) * (len(shape) - 2) + (CHUNK_PX, CHUNK_PX)[: len(shape)]
    temporary = target.parent / f".{secrets.token_hex(8)}.part"
    try:
        yield zarr.create_array(
            store=str(temporary),
            shape=tuple(shape),
            dtype=np.dtype(dtype).newbyteorder("="),
            chunks=tuple(min(c, s) for c, s in zip(chunks, shape, strict=True)),
        )
        _rename(temporary, target)
    except OSError as error:
        raise explain_failure(path, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_zarr_place(path: str | Path) -> Path:
    """The absolute path of a Zarr to write, links followed.

    Raises
    ------
    UserError
        Its folder is missing, it is something else than a Zarr, or a group of arrays, which
        would be lost.
    """
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise UserError(f"Cannot write {path}: the folder {target.parent} does not exist.")
    if target.exists() and not any((target / mark).is_file() for mark in MARKS):
        raise UserError(f"Cannot write {path}: it exists and is no Zarr, choose another name.")
    if _is_group(target):
        raise UserError(
            f"Cannot write {path}: it is a group of arrays, which would be lost, "
            "choose another name."
        )
    return target


def _is_group(folder: Path) -> bool:
    """Whether a Zarr holds arrays instead of being one: a group says so in its first file."""
    if (folder / ".zgroup").is_file():
        return True
    try:
        said: object = json.loads((folder / "zarr.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("node_type") == "group"


def _rename(temporary: Path, target: Path) -> None:
    """Give the new folder its name; where that fails, the earlier one keeps it."""
    if not target.exists():
        temporary.rename(target)
        return
    earlier = temporary.with_suffix(".earlier")
    target.rename(earlier)
    try:
        temporary.rename(target)
    except OSError:
        earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)
