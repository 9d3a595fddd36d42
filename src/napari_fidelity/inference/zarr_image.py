"""Zarr arrays as images: the frame and the recipe lie in their attributes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio.provenance import NAMESPACE, NoteError, decode_note, encode_note
from napari_fidelity.inference.open_source import open_source

SUFFIX = ".zarr"


def is_zarr_name(path: str | Path) -> bool:
    """Whether a path names a Zarr folder, be it there or not.

    Examples
    --------
    >>> is_zarr_name("cells.zarr"), is_zarr_name("cells.ome.tif")
    (True, False)
    """
    return Path(path).suffix.lower() == SUFFIX


def open_zarr_image(path: str | Path) -> Image:
    """The Zarr array at `path` as an image of which only what is asked for is read.

    Frame and recipe come from our own note; an array without one has pixels of size 1.

    Raises
    ------
    UserError
        It is no Zarr array, its note is damaged, or zarr is not installed.
    """
    array: Any = open_source(path)  # Any: a Zarr array, which may not be installed
    attributes = dict(getattr(array, "attrs", {}))
    image = Image(array, name=Path(path).name)
    if NAMESPACE not in attributes:
        return image
    try:
        note = decode_note(json.dumps(attributes[NAMESPACE]))
    except NoteError as error:
        raise UserError(f"{path} cannot be used: its notes {error}.") from None
    if note.frame.shape != image.shape:
        return image  # the array was changed after it was written
    frame = note.frame.model_dump(exclude={"shape", "dtype"})
    return replace(image, **frame, provenance=note.provenance)


def write_zarr_note(image: Image) -> None:
    """Put frame and recipe into the attributes of the Zarr array that `image` holds."""
    array: Any = image.array  # Any: a Zarr array, which may not be installed
    array.attrs[NAMESPACE] = json.loads(encode_note(image))
