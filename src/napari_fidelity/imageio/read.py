"""Any grey image file, as an Image with the frame that the file states."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio.npy import read_npy
from napari_fidelity.imageio.ome_xml import frame_from_sizes
from napari_fidelity.imageio.picture import read_picture
from napari_fidelity.imageio.provenance import Note
from napari_fidelity.imageio.raw_image import RawImage, name_axes, refuse_colour
from napari_fidelity.imageio.read_warning import ReadWarning
from napari_fidelity.imageio.tiff import is_tiff, is_tiff_colour, read_tiff


def read_image(path: str | Path) -> Image:
    """The grey image, stack or mask in a file.

    Files of `write_image` come back as they were. Of other OME-TIFF and ImageJ files the axes
    and the pixel size are honoured (lengths in micrometers), of plain TIFF also a resolution
    finer than 20 µm per pixel; an axis that a file does not name becomes Z, then T. PNG, JPEG,
    BMP, GIF, WebP, PGM and `.npy` hold no pixel size.

    Parameters
    ----------
    path : str or Path
        The kind of file is taken from its content, not from its name.

    Returns
    -------
    Image
        Its dtype is the file's; its name the stored one, else the file's without suffixes.

    Warns
    -----
    ReadWarning
        The file holds several images (the first is used), or its notes cannot be used.

    Raises
    ------
    UserError
        No such file, not an image, damaged, cut short, colour, complex or without pixels.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "field 1.npy"
    >>> np.save(path, np.zeros((3, 8, 9), np.uint16))
    >>> image = read_image(path)
    >>> image.name, image.axes, image.shape, image.units
    ('field 1', 'ZYX', (3, 8, 9), ('pixel', 'pixel', 'pixel'))
    """
    return _read(Path(path))[0]


def read_layer(path: str | Path) -> tuple[Image, dict[str, Any]]:
    """The image in a file, and how it stood in the viewer when our writer saved it.

    The second is what `write_image` got as `layer`, empty for files of other programs.
    """
    return _read(Path(path))


def holds_colour(path: str | Path) -> bool:
    """Whether a TIFF holds colour, told without its pixels; False where nobody can say."""
    path = Path(path)
    return path.is_file() and is_tiff(path) and is_tiff_colour(path)


def _read(path: Path) -> tuple[Image, dict[str, Any]]:
    raw = _read_raw(path)
    for text in raw.warnings:
        warnings.warn(text, ReadWarning, stacklevel=4)
    if raw.array.dtype.kind not in "biuf":
        raise UserError(f"{path.name} holds {raw.array.dtype} values: real numbers are needed.")
    if raw.array.size == 0:
        raise UserError(f"{path.name} has shape {raw.array.shape}: it holds no pixel.")
    if raw.note is not None:
        return _restore(raw.array, raw.note), raw.note.layer
    refuse_colour(raw.array.shape, raw.axes, path.name)
    axes = name_axes(raw.axes, path.name)
    scale, units = frame_from_sizes(axes, raw.sizes)
    array = raw.array.astype(raw.array.dtype.newbyteorder("="), copy=False)
    name = raw.name or _strip_suffixes(path.name)
    return Image(array, axes=axes, scale=scale, units=units, name=name), {}


def _read_raw(path: Path) -> RawImage:
    if path.is_dir():
        raise UserError(f"{path} is a folder: name an image file.")
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror or error}.") from error
    if not start:
        raise UserError(f"{path.name} is empty (0 bytes): save or copy it again.")
    if is_tiff(path):
        return read_tiff(path)
    if start == b"\x93NUMPY":
        return read_npy(path)
    return read_picture(path)


def _restore(stored: np.ndarray[Any, Any], note: Note) -> Image:
    frame = note.frame
    array = stored.reshape(frame.shape)
    array = array != 0 if frame.dtype == "bool" else array.astype(frame.dtype, copy=False)
    return Image(
        array,
        axes=frame.axes,
        scale=frame.scale,
        units=frame.units,
        translate=frame.translate,
        origin=frame.origin,
        name=frame.name,
        provenance=note.provenance,
    )


def _strip_suffixes(name: str) -> str:
    stem = name.rsplit(".", 1)[0]
    return stem.removesuffix(".ome") or name
