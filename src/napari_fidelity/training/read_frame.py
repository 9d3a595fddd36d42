"""Axes, pixel size and pixels of a training file; large ones stay on disk."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_units import length_um
from napari_fidelity.data.image_names import strip_suffixes
from napari_fidelity.imageio.ome_xml import frame_from_sizes, read_physical_sizes
from napari_fidelity.imageio.provenance import NAMESPACE
from napari_fidelity.imageio.raw_image import name_axes
from napari_fidelity.imageio.read import read_image
from napari_fidelity.imageio.read_warning import ReadWarning
from napari_fidelity.imageio.tiff import DECODE_ERRORS, is_tiff
from napari_fidelity.inference.open_source import import_zarr, open_source
from napari_fidelity.inference.zarr_image import open_zarr_image
from napari_fidelity.training.lazy_pixels import LazyPixels, MemoryBudget, OpenFiles

LARGE_FILE_BYTES = 1 << 30  # read by parts from the beginning


def read_frame(path: Path, budget: MemoryBudget, files: OpenFiles) -> Image:
    """The image in a file; its pixels stay on disk where the budget does not hold them.

    Raises
    ------
    UserError
        No such file, not an image, damaged, colour, or zarr is needed and not installed.
    """
    if path.is_dir():
        frame = _read_zarr(path)
        return _keep(frame, budget)
    if path.is_file() and path.stat().st_size > LARGE_FILE_BYTES:
        return _read_large(path, files)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadWarning)  # they concern a viewer
        frame = read_image(path)
    if budget.take(frame.array.nbytes):
        return frame
    lazy: Any = LazyPixels(path, frame.shape, frame.array.dtype, files)  # Any: an array on disk
    return replace(frame, array=lazy)


def _keep(frame: Image, budget: MemoryBudget) -> Image:
    size = int(np.prod(frame.shape, dtype=np.int64)) * np.dtype(frame.array.dtype).itemsize
    if not budget.take(size):
        return frame
    return replace(frame, array=np.asarray(frame.array[(slice(None),) * len(frame.shape)]))


def _read_large(path: Path, files: OpenFiles) -> Image:
    source = open_source(path)
    axes, sizes = "", {}
    if is_tiff(path):
        try:
            with tifffile.TiffFile(path) as tiff:
                axes = tiff.series[0].axes.replace("S", "C")
                xml = tiff.ome_metadata
            sizes = read_physical_sizes(xml) if xml else {}
        except DECODE_ERRORS as error:
            raise UserError(f"{path} is damaged or cut short: copy it again.") from error
    ndim = len(source.shape)
    axes = name_axes(axes if len(axes) == ndim else "Q" * (ndim - 2) + "YX", path.name)
    scale, units = frame_from_sizes(axes, sizes)
    lazy: Any = LazyPixels(path, tuple(source.shape), source.dtype, files)  # Any: on disk
    return Image(lazy, axes=axes, scale=scale, units=units, name=strip_suffixes(path))


def _read_zarr(path: Path) -> Image:
    """A Zarr array with the axes and the pixel size that our note or OME's attributes state."""
    frame = open_zarr_image(path)
    if NAMESPACE in dict(getattr(frame.array, "attrs", {})):
        return frame
    attributes = dict(import_zarr().open(str(path), mode="r").attrs)
    stated = (attributes.get("ome", attributes).get("multiscales") or [{}])[0]
    # version 0.3 states the letters alone
    described = [a if isinstance(a, dict) else {"name": a} for a in stated.get("axes", [])]
    axes = [str(axis.get("name", "")).upper() for axis in described]
    if len(axes) != len(frame.shape) or set(axes) - set("TCZYX") or axes[-2:] != ["Y", "X"]:
        return frame
    units = [axis.get("unit") or "pixel" for axis in described]
    steps = stated.get("datasets", [{}])[0].get("coordinateTransformations", [])
    scale = next((t["scale"] for t in steps if t.get("type") == "scale"), [1.0] * len(axes))
    sizes = {
        letter: (size, "micrometer")
        for letter, value, unit in zip(axes, scale, units, strict=True)
        if letter in "ZYX" and (size := length_um(float(value), unit)) is not None
    }
    spelled, names = frame_from_sizes("".join(axes), sizes)
    return replace(frame, axes="".join(axes), scale=spelled, units=names)
