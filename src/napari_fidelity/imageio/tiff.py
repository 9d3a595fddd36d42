"""TIFF in its dialects: OME, ImageJ, plain; its axes and pixel size honoured."""

from __future__ import annotations

import logging
import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.physical_units import length_um, time_s
from napari_fidelity.imageio.ome_xml import find_note, read_image_name, read_physical_sizes
from napari_fidelity.imageio.provenance import Note, NoteError, decode_note
from napari_fidelity.imageio.raw_image import RawImage, is_colour, refuse_colour

# What tifffile and its codecs raise on damaged files.
DECODE_ERRORS = (
    tifffile.TiffFileError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# Programs without a notion of pixel size write 72–1200 dots per inch, 350–21 µm: a dpi value
# is taken for a pixel size only below that.
LARGEST_PIXEL_UM = 20.0
CENTIMETER, INCH = 3, 2  # values of the tag ResolutionUnit


def is_tiff(path: Path) -> bool:
    """Whether the file starts with the mark of a TIFF or BigTIFF."""
    with path.open("rb") as file:
        return file.read(4) in MAGIC


def is_tiff_colour(path: Path) -> bool:
    """Whether the first series of a TIFF holds colour; False where that cannot be said."""
    try:
        with _record_complaints(), tifffile.TiffFile(path) as tiff:
            series = tiff.series[0]
            return is_colour(series.shape, series.axes)
    except DECODE_ERRORS:
        return False


def read_tiff(path: Path) -> RawImage:
    """The first series of a TIFF, its full resolution.

    Raises
    ------
    UserError
        The file is damaged or cut short, or holds colour.
    """
    damaged = f"{path.name} is damaged, cut short or incomplete: save or copy it again."
    try:
        with _record_complaints() as complaints, tifffile.TiffFile(path) as tiff:
            raw = _read_first_series(tiff, path.name)
    except UserError:
        raise
    except DECODE_ERRORS as error:
        if "imagecodecs" in str(error):
            raise UserError(
                f"{path.name} is compressed in a way that needs the package imagecodecs: "
                "install it (pip install imagecodecs) or save the file without compression."
            ) from error
        raise UserError(damaged) from error
    if complaints:
        raise UserError(damaged)
    return raw


def _read_first_series(tiff: tifffile.TiffFile, name: str) -> RawImage:
    series = tiff.series[0]
    xml = tiff.ome_metadata or ""
    note, warnings = _find_note(xml, name, series.shape)
    if note is None:
        refuse_colour(series.shape, series.axes, name)
    if len(tiff.series) > 1:
        warnings.append(f"{name} holds {len(tiff.series)} images: the first one is used.")
    if series.axes.startswith("S"):
        warnings.append(
            f"{name} marks its {series.shape[0]} planes as colours: they are read as channels."
        )
    return RawImage(
        array=series.asarray(),
        axes=series.axes.replace("S", "C"),
        sizes=read_physical_sizes(xml) if xml else _read_resolution(tiff),
        name=read_image_name(xml) if xml else "",
        note=note,
        warnings=tuple(warnings),
    )


def _find_note(xml: str, name: str, shape: tuple[int, ...]) -> tuple[Note | None, list[str]]:
    text = find_note(xml) if xml else None
    if text is None:
        return None, []
    try:
        note = decode_note(text)
    except NoteError as error:
        return None, [f"{name} is read without its history: its notes {error}."]
    if np.prod(note.frame.shape) != np.prod(shape):
        return None, [f"{name} is read without its history: its notes are of another image."]
    return note, []


def _read_resolution(tiff: tifffile.TiffFile) -> dict[str, tuple[float, str]]:
    stated: Mapping[str, Any] = tiff.imagej_metadata or (tiff.shaped_metadata or ({},))[0]
    unit = str(stated.get("unit", "")).strip()
    tags = tiff.pages.first.tags
    code = int(tags["ResolutionUnit"].value) if "ResolutionUnit" in tags else 1
    found: dict[str, tuple[float, str]] = {}
    for letter, tag in (("X", "XResolution"), ("Y", "YResolution")):
        if tag in tags:
            pixels, per = (float(number) for number in tags[tag].value)
            size = _pixel_um(per / pixels if pixels else 0.0, unit, code)
            if size is not None:
                found[letter] = (size, "micrometer")
    spacing = length_um(float(stated.get("spacing", 0.0)), unit)
    if spacing is not None:
        found["Z"] = (spacing, "micrometer")
    interval = time_s(float(stated.get("finterval", 0.0)), str(stated.get("tunit", "s")))
    if interval is not None:
        found["T"] = (interval, "second")
    return found


def _pixel_um(size: float, unit: str, code: int) -> float | None:
    if unit:
        size_um = length_um(size, unit)
        # Resolutions are stored as fractions of a millionth: 0.2600000026 µm means 0.26 µm.
        return None if size_um is None else float(f"{size_um:.7g}")
    size_um = length_um(size, {CENTIMETER: "cm", INCH: "inch"}.get(code, "pixel"))
    return size_um if size_um is not None and size_um <= LARGEST_PIXEL_UM else None


@contextmanager
def _record_complaints() -> Iterator[list[str]]:
    """What tifffile logs as an error in this thread, instead of raising it.

    It reports a chain of pages that was cut, and then returns the pages it found.
    """
    found: list[str] = []
    thread = threading.get_ident()

    class Recorder(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread and record.levelno >= logging.ERROR:
                found.append(record.getMessage())

    handler = Recorder()
    logger = logging.getLogger("tifffile")
    logger.addHandler(handler)
    try:
        yield found
    finally:
        logger.removeHandler(handler)
