"""Image files opened without reading them."""

from __future__ import annotations

import weakref
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.imageio import read_image
from napari_fidelity.imageio.tiff import DECODE_ERRORS, is_tiff, is_tiff_colour
from napari_fidelity.inference.lazy_arrays import Source


def import_zarr() -> ModuleType:
    """The optional package zarr.

    Raises
    ------
    UserError
        It is not installed.
    """
    try:
        import zarr
    except ImportError as error:
        raise UserError(
            "Images of this kind need the package zarr: "
            'install it with pip install "napari-fidelity[zarr]".'
        ) from error
    return zarr


def open_source(path: str | Path) -> Source:
    """The image in a file or Zarr folder, of which only what is asked for will be read.

    Zarr arrays and the finest level of OME-Zarr images are opened lazily, `.npy` and
    uncompressed TIFF are memory-mapped, compressed TIFF is decoded piece by piece (this needs
    zarr). PNG, JPEG and the like are read at once.

    Raises
    ------
    UserError
        No such file, damaged, colour, no image, or zarr is needed and not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.npy"
    >>> np.save(path, np.zeros((3, 8, 9), np.uint16))
    >>> open_source(path).shape
    (3, 8, 9)
    """
    path = Path(path)
    if path.is_dir():
        return _open_zarr(path)
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    if path.suffix == ".npy":
        return _open_npy(path)
    if is_tiff(path):
        return _open_tiff(path)
    return read_image(path).array


def _open_zarr(path: Path) -> Source:
    zarr = import_zarr()
    try:
        found = zarr.open(str(path), mode="r")
        if isinstance(found, zarr.Group):
            found = found[_finest_level(found)]
    except DECODE_ERRORS as error:
        raise UserError(
            f"{path} is no Zarr image, or a damaged one: name the folder that holds the array."
        ) from error
    if not isinstance(found, zarr.Array):
        raise UserError(f"{path} holds groups of arrays, not one image: name one of them.")
    source: Source = found
    return source


def _finest_level(group: Any) -> str:  # Any: zarr.Group, which may not be installed
    """Where an OME-Zarr image has its full resolution: stated under `ome` since NGFF 0.5."""
    attributes = dict(group.attrs)
    multiscales = attributes.get("ome", attributes).get("multiscales", [{}])
    return str(multiscales[0].get("datasets", [{}])[0].get("path", "0"))


def _open_npy(path: Path) -> Source:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path.name} is damaged or cut short: save or copy it again.") from error


def _open_tiff(path: Path) -> Source:
    if is_tiff_colour(path):
        raise UserError(
            f"{path.name} is a colour image, a grey one is needed: "
            "save the channel you mean as a file of its own."
        )
    try:
        with tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            can_map = series.dataoffset is not None and not series.is_pyramidal
            found = series.shape
        if can_map:
            mapped: Source = tifffile.memmap(path, mode="r")
            return mapped
    except DECODE_ERRORS as error:
        raise UserError(f"{path.name} is damaged or cut short: save or copy it again.") from error
    if 0 in found:
        raise UserError(f"{path.name} has shape {found}: it holds no pixel.")
    zarr = import_zarr()
    store = tifffile.imread(path, aszarr=True, series=0, level=0)
    source: Source = zarr.open(store, mode="r")
    weakref.finalize(source, store.close)  # the file is closed with the array
    return source
