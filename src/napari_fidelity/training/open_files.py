"""Files of a training set opened and checked: what cannot be learned from is refused here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.lazy_arrays import Pixels, iterate_blocks
from napari_fidelity.inference.normalisation import Scaling, measure_scaling
from napari_fidelity.training.training_image import TrainingImage

FLAT_SHARE = 0.5  # of neighbours inside of objects that share their label, at least


@dataclass(frozen=True)
class Range:
    """Smallest and largest finite value of an image."""

    low: float
    high: float
    saturated_share: float  # of the pixels that have the largest value its type knows


def check_image(
    path: Path,
    frame: Image,
    scaling: Normalisation,
    intensities: tuple[float, float] | None = None,
) -> TrainingImage:
    """A grey image, its scaling measured over all its planes and channels together.

    Parameters
    ----------
    path : Path
        What messages name.
    frame : Image
        Its pixels, which may lie on disk.
    scaling : Normalisation
        How intensities are scaled.
    intensities : tuple of float, optional
        What becomes 0 and 1, instead of what is measured.

    Raises
    ------
    UserError
        NaN or infinite pixels, a constant, a mask.
    """
    found = measure_range(path, frame)
    if np.dtype(frame.array.dtype) == bool:
        raise UserError(f"{path} is a mask, a grey image is needed: are two folders exchanged?")
    if found.low == found.high:
        raise UserError(f"{path} is constant, every pixel is {found.low:g}: leave it out.")
    if intensities is None:
        measured = measure_scaling(frame.array, scaling).scaling
    else:
        measured = Scaling(intensities[0], intensities[1] - intensities[0], "range")
    return TrainingImage(path, frame, False, measured, found.low, found.high, found.saturated_share)


def check_mask(path: Path, frame: Image) -> TrainingImage:
    """A mask: booleans, labels, or floats with two values of which those above 0 count.

    Raises
    ------
    UserError
        Channels, more than two values among floats, negative labels, or a grey image.
    """
    if "C" in frame.axes and frame.shape[frame.axes.index("C")] > 1:
        raise UserError(
            f"{path} has {frame.shape[frame.axes.index('C')]} channels: a mask has one."
        )
    found = measure_range(path, frame)
    kind = np.dtype(frame.array.dtype).kind
    if found.low < 0:
        raise UserError(f"{path} has values down to {found.low:g}: labels begin at 0.")
    for block in iterate_blocks(frame.array):
        if kind == "f" and not ((block == found.low) | (block == found.high)).all():
            raise UserError(
                f"{path} holds {frame.array.dtype} values from {found.low:g} to {found.high:g}: a "
                "mask has labels, or two values such as 0 and 1."
            )
        if kind in "iu" and _looks_grey(block):
            raise UserError(
                f"{path} looks like a grey image, a mask is needed: neighbouring pixels rarely "
                "share a label. Are two folders exchanged? For images of images set data.task to "
                "restoration."
            )
    return TrainingImage(path, frame, True, Scaling(), found.low, found.high)


def _looks_grey(block: Pixels) -> bool:
    """Whether neighbours above 0 mostly differ, which those inside of an object do not."""
    left, right = block[..., :-1], block[..., 1:]
    inside = (left > 0) & (right > 0)
    count = np.count_nonzero(inside)
    return bool(np.count_nonzero(inside & (left == right)) < FLAT_SHARE * count)


def measure_range(path: Path, frame: Image) -> Range:
    """Smallest and largest value, and how much of the image has the largest of its type.

    Raises
    ------
    UserError
        NaN or infinite pixels: how many.
    """
    kind = np.dtype(frame.array.dtype)
    top = np.iinfo(kind).max if kind.kind in "iu" else np.inf
    low, high, bad, saturated, pixels = np.inf, -np.inf, 0, 0, 0
    for block in iterate_blocks(frame.array):
        pixels += block.size
        if kind.kind == "f" and not np.isfinite(block).all():
            bad += int(np.count_nonzero(~np.isfinite(block)))
            continue
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        saturated += int(np.count_nonzero(block == top)) if kind.kind in "iu" else 0
    if bad:
        raise UserError(
            f"{path} holds {bad} of {pixels} pixels that are NaN or infinite: replace them, or "
            "leave the image out."
        )
    return Range(low, high, saturated / pixels)
