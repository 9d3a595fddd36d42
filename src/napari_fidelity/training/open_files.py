"""Files of a training set opened and checked: what cannot be learned from is refused here."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.imageio.read import read_image
from napari_fidelity.imageio.read_warning import ReadWarning
from napari_fidelity.inference.lazy_arrays import iterate_blocks
from napari_fidelity.inference.normalisation import Scaling, measure_scaling
from napari_fidelity.inference.zarr_image import open_zarr_image
from napari_fidelity.metrics.masks import as_mask
from napari_fidelity.training.training_image import TrainingImage


def open_training_image(
    path: Path,
    *,
    is_mask: bool,
    scaling: Normalisation,
    intensities: tuple[float, float] | None = None,
) -> TrainingImage:
    """One file, its intensities measured over all its planes and channels together.

    Parameters
    ----------
    path : Path
        The file, or a Zarr folder.
    is_mask : bool
        Labels, booleans, or floats with two values.
    scaling : Normalisation
        How images are scaled; masks are not.
    intensities : tuple of float, optional
        What becomes 0 and 1, instead of what is measured.

    Raises
    ------
    UserError
        Damaged, colour, NaN, constant; a mask that is none, an image that is a mask.
    """
    frame = read_frame(path)
    low, high, finite, pixels = _measure_range(frame)
    if finite < pixels:
        raise UserError(
            f"{path} holds {pixels - finite} of {pixels} pixels that are NaN or infinite: replace "
            "them or leave the image out."
        )
    if is_mask:
        _check_mask(path, frame)
        return TrainingImage(path, frame, True, Scaling(), low, high)
    if frame.array.dtype == bool:
        raise UserError(f"{path} is a mask, an image is needed there: exchange the two folders?")
    if low == high:
        raise UserError(f"{path} is constant, every pixel is {low:g}: leave it out.")
    if intensities is None:
        found = measure_scaling(frame.array, scaling).scaling
    else:
        found = Scaling(intensities[0], intensities[1] - intensities[0], "range")
    return TrainingImage(path, frame, False, found, low, high)


def read_frame(path: Path) -> Image:
    """The image in a file, without the warnings that concern a viewer."""
    if path.is_dir():
        return open_zarr_image(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadWarning)
        return read_image(path)


def _measure_range(frame: Image) -> tuple[float, float, int, int]:
    """Smallest and largest finite value, how many pixels are finite, how many there are."""
    low, high, finite, pixels = np.inf, -np.inf, 0, 0
    for block in iterate_blocks(frame.array):
        pixels += block.size
        values = block if block.dtype.kind != "f" else block[np.isfinite(block)]
        finite += values.size
        if values.size:
            low, high = min(low, float(values.min())), max(high, float(values.max()))
    return low, high, finite, pixels


def _check_mask(path: Path, frame: Image) -> None:
    if "C" in frame.axes:
        raise UserError(f"{path} has channels: a mask has none.")
    as_mask(np.asarray(frame.array), str(path))
