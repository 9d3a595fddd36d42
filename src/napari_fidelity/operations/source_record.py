"""Images that an operation works on, as its recipe keeps them, and taken out of it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.open_image import open_image
from napari_fidelity.operations.provenance import Json, PixelRecord, locate_pixels, unpack_pixels

# Larger images are found again by their path and checksum: a recipe should not weigh more than
# the result. 2048 × 2048 of 16 bits are 8 MB.
PACKED_BYTES = 16 << 20
BAND_ROWS = 1024
TEXT = "Reading the image"
FRAME_FIELDS = ("axes", "scale", "units", "translate", "origin")


def record_source(
    image: Image, progress: Progress | None = None, *, path: str | Path | None = None
) -> Json:
    """The recipe's entry for `image`: frame, checksum, and its pixels or where they lie.

    Parameters
    ----------
    image : Image
        The image that an operation works on; its array may be lazy (Dask, Zarr).
    progress : Progress, optional
        Called for every part that is read.
    path : str or Path, optional
        The file it was read from, untouched. Default: what a lazy array says of itself.

    Returns
    -------
    dict
        JSON. Pixels in memory of up to 16 MB are packed; `made_by` holds the provenance of the
        image itself, without pixels.

    Examples
    --------
    >>> image = Image(np.ones((2, 3), np.uint8), scale=(0.1, 0.1), name="cells")
    >>> again = open_recorded(record_source(image))
    >>> again.name, again.scale, again.array.sum()
    ('cells', (0.1, 0.1), np.uint64(6))
    """
    progress = progress or Progress()
    array = image.array
    dtype = np.dtype(array.dtype)
    in_memory = isinstance(array, np.ndarray) and not isinstance(array, np.memmap)
    size = dtype.itemsize * int(np.prod(image.shape, dtype=np.int64))
    record = PixelRecord(image.shape, dtype, keep=in_memory and size <= PACKED_BYTES)
    bands = list(_list_bands(image.shape))
    for done, band in enumerate(bands):
        progress(done, len(bands), TEXT)
        record.add(np.asarray(array[band]))
    place = {"path": str(Path(path).resolve())} if path is not None else locate_pixels(array)
    made_by = {"made_by": drop_pixels(image.provenance)} if image.provenance else {}
    frame = {field: getattr(image, field) for field in FRAME_FIELDS}
    return {"name": image.name, "frame": frame, **record.finish(), **place, **made_by}


def open_recorded(source: Mapping[str, Any], given: Image | None = None) -> Image:
    """The image of a recipe's entry, checked against its checksum.

    Parameters
    ----------
    source : mapping
        What `record_source` returned, perhaps read from a file.
    given : Image, optional
        An image to take the pixels of. Default: those in the entry, else the file it names.

    Raises
    ------
    UserError
        The pixels are neither packed nor found, or they are not the recipe's.
    """
    array, where = _find_pixels(source, given)
    if list(array.shape) != list(source["shape"]):
        raise UserError(
            f"The recipe is for an image of shape {tuple(source['shape'])}, {where} has "
            f"{tuple(array.shape)}."
        )
    frame = {field: _to_tuple(value) for field, value in source["frame"].items()}
    image = Image(array, **frame, name=source.get("name", ""), provenance=source.get("made_by", {}))
    found = record_source(image)["sha256"]
    if found != source["sha256"]:
        raise UserError(
            f"{where} has changed since the recipe was written: its SHA-256 is {found[:12]}…, "
            f"the recipe's {source['sha256'][:12]}…."
        )
    return image


def point_to_file(image: Image, path: str | Path) -> Image:
    """A result whose recipe finds its source in the file at `path`, and does not pack it.

    Thousands of results would else weigh twice what they need.
    """
    source = image.provenance.get("source", {})
    if "frame" not in source:  # of an operation that keeps its source in another way
        return image
    known = {**drop_pixels(source), "path": str(Path(path).resolve())}
    return replace(image, provenance={**image.provenance, "source": known})


def point_inputs_to_files(image: Image, paths: Mapping[str, str]) -> Image:
    """A result whose recipe finds its further inputs in files, and does not pack them.

    Parameters
    ----------
    image : Image
        The result.
    paths : mapping of str to str
        Files by the keyword of the input; those that the recipe does not hold are left out.
    """
    inputs = image.provenance.get("inputs", {})
    if not inputs:
        return image
    known = {
        name: {**drop_pixels(entry), "path": paths[name]} if name in paths else entry
        for name, entry in inputs.items()
    }
    return replace(image, provenance={**image.provenance, "inputs": known})


def _find_pixels(
    source: Mapping[str, Any], given: Image | None
) -> tuple[Any, str]:  # Any: in memory or a Zarr array
    if given is not None:
        return given.array, given.name or "the image given"
    if "zlib" in source:
        return unpack_pixels(source), "the recipe"
    path = source.get("path")
    if path is None:
        raise UserError(
            f"The recipe neither holds its source {source.get('name', '')!r} nor knows its "
            "place: give the image as the source."
        )
    if not Path(path).exists():
        raise UserError(
            f"The recipe reads its source from {path}, where nothing is any more: put it back."
        )
    return open_image(path).array, str(path)


def _list_bands(shape: tuple[int, ...]) -> Iterator[tuple[int | slice, ...]]:
    """Boxes in the order of the array, each of some rows of one plane."""
    for index in np.ndindex(*shape[:-2]):
        for top in range(0, shape[-2], BAND_ROWS):
            yield (*index, slice(top, top + BAND_ROWS))


def drop_pixels(value: Any) -> Any:  # Any: JSON
    """A provenance without the pixels that it packs."""
    if isinstance(value, Mapping):
        return {key: drop_pixels(entry) for key, entry in value.items() if key != "zlib"}
    if isinstance(value, (list, tuple)):
        return [drop_pixels(entry) for entry in value]
    return value


def _to_tuple(value: Any) -> Any:  # Any: JSON
    return tuple(value) if isinstance(value, list) else value
