"""Images into OME-TIFF files that any microscopy program opens, nothing lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio.atomic_write import check_place, write_atomically
from napari_fidelity.imageio.ome_xml import build_ome_metadata
from napari_fidelity.imageio.provenance import encode_note

SUFFIXES = (".tif", ".tiff")
STORED_AS_IS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


def write_image(path: str | Path, image: Image, *, layer: Mapping[str, Any] | None = None) -> Path:
    """Write `image` as OME-TIFF with its frame, name and provenance; return the path.

    Pixels are stored without loss and uncompressed. OME has no booleans that others read, no
    64-bit integers and no half floats: those are stored as 0/255, 32-bit integers and
    float32, and `read_image` turns them back. Equal images give equal bytes.

    Parameters
    ----------
    path : str or Path
        Ends in `.tif` or `.tiff`, best in `.ome.tif`.
    image : Image
        Of any axes.
    layer : mapping, optional
        How it stood in the viewer (`type`, display settings), JSON values.

    Raises
    ------
    UserError
        A name that is no TIFF, an empty image, complex or too large numbers, a folder that
        is missing or not writable, a full disk. An existing file is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> from napari_fidelity.imageio import read_image
    >>> cell = Image(np.eye(4, dtype=bool), scale=(0.3, 0.3), units=("micrometer",) * 2)
    >>> path = write_image(Path(tempfile.mkdtemp()) / "cell.ome.tif", cell)
    >>> back = read_image(path)
    >>> back.array.dtype, back.scale, bool((back.array == cell.array).all())
    (dtype('bool'), (0.3, 0.3), True)
    """
    path = Path(path)
    check_target(path)
    if image.array.size == 0:
        raise UserError(f"Cannot write {path.name}: the image has shape {image.shape}, no pixel.")
    note = encode_note(image, layer)
    stored = replace(image, array=store_losslessly(image.array))
    metadata = build_ome_metadata(stored, note)
    with write_atomically(path) as temporary:
        tifffile.imwrite(
            temporary, stored.array, ome=True, photometric="minisblack", metadata=metadata
        )
    return path


def check_target(path: str | Path, *, inputs: Sequence[str | Path] = ()) -> None:
    """Refuse a path that `write_image` could not write, before a long computation is done.

    Raises
    ------
    UserError
        Its name is no TIFF's, its folder is missing, it is a folder, or one of the `inputs`.
    """
    path = Path(path)
    if any(path.resolve() == Path(source).resolve() for source in inputs):
        raise UserError(f"{path.name} is read and would be overwritten: give another output name.")
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"Cannot write {path.name}: give a name that ends in .ome.tif.")
    check_place(path)


def store_losslessly(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """`array` in C order and in a type that OME-TIFF has, its values unchanged (bool: 0, 255).

    Raises
    ------
    UserError
        No such type holds the values.

    Examples
    --------
    >>> store_losslessly(np.array([[True, False]])).tolist()
    [[255, 0]]
    >>> store_losslessly(np.array([[-1, 70000]])).dtype
    dtype('int32')
    """
    name = array.dtype.name
    if name in STORED_AS_IS:
        return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if name == "bool":
        return np.ascontiguousarray(array, np.uint8) * np.uint8(255)
    if name == "float16":
        return np.ascontiguousarray(array, np.float32)
    if array.dtype.kind in "iu":
        low, high = int(array.min()), int(array.max())
        for candidate in (np.int32, np.uint32):
            if np.iinfo(candidate).min <= low and high <= np.iinfo(candidate).max:
                return np.ascontiguousarray(array, candidate)
        raise UserError(
            f"Cannot store values from {low} to {high}: OME-TIFF holds at most 32-bit "
            "integers, relabel or rescale the image first."
        )
    raise UserError(f"Cannot store {name} pixels in OME-TIFF: convert them to float32 first.")
