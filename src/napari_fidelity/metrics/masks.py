"""Masks: what counts as one, the background that is left, and what a mask scores by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics.bands import cut_rows, in_bands
from napari_fidelity.metrics.pixels import (
    AnyImage,
    Bools,
    Floats,
    iterate_planes,
    read_pixels,
    spell_name,
)

MARGIN_PX = 5
BASELINE_SIGMA_PX = 2.0
BASELINE_DEPTH_PX = 3.0
DEPTH_REACH_PX = 32  # rows around a band in which the background is looked for first
OTSU_BINS = 256


@dataclass(frozen=True, eq=False)
class MaskReading:
    """A mask and how it was understood.

    Parameters
    ----------
    mask : ndarray of bool
        True inside structures.
    note : str
        A sentence where the array was not boolean, else empty.
    """

    mask: Bools
    note: str


def as_mask(array: AnyImage, name: str = "The mask") -> MaskReading:
    """The foreground that an array marks: every value above 0.

    Parameters
    ----------
    array : array-like or Image
        Booleans, integers (labels, 0/1, 0/255) or floats with at most two values.
    name : str
        What the mask is called in a message.

    Raises
    ------
    UserError
        Floats with more than two values (their range is named), NaN, or no numbers at all.

    Examples
    --------
    >>> import numpy as np
    >>> as_mask(np.array([[0.0, 255.0]])).mask.tolist()
    [[False, True]]
    """
    name = spell_name(array, name)
    values = np.asarray(array.array if isinstance(array, Image) else array)
    if values.dtype.kind == "b":
        return MaskReading(np.ascontiguousarray(values, np.bool_), "")
    if values.dtype.kind in "iu":
        return MaskReading(np.ascontiguousarray(values > 0), f"{name}: labels above 0 count.")
    floats = read_pixels(values, name)
    low, high = float(floats.min()), float(floats.max())
    if not ((floats == low) | (floats == high)).all():
        raise UserError(
            f"{name} holds {values.dtype} values from {low:g} to {high:g}: a mask has labels, "
            "or two values such as 0 and 1."
        )
    found = f"{low:g}" if low == high else f"{low:g} and {high:g}"
    return MaskReading(floats > 0, f"{name} holds the values {found}: those above 0 count.")


def background_region(
    mask: npt.NDArray[np.bool_], margin_px: int = MARGIN_PX, spatial_ndim: int = 2
) -> Bools:
    """True where the image is background: farther than `margin_px` from every mask pixel.

    Light leaks past a mask by blur, so its bare complement is no background.

    Parameters
    ----------
    mask : ndarray of bool
        True inside structures; leading axes are looped over.
    margin_px : int
        Radius of the disc by which the mask is dilated; 0 gives the complement.
    spatial_ndim : int
        2 measures distance in each YX plane, 3 also across Z.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((1, 6), bool)
    >>> mask[0, 0] = True
    >>> background_region(mask, 2).astype(int).tolist()
    [[0, 0, 0, 1, 1, 1]]
    """
    if mask.ndim < spatial_ndim:
        raise UserError(f"A mask with {mask.ndim} axes has no {spatial_ndim}-D surroundings.")
    if margin_px < 0:
        raise UserError(f"The margin is {margin_px} px: it cannot be negative.")
    background = np.logical_not(mask)
    if margin_px == 0:
        return background
    for index in np.ndindex(mask.shape[: mask.ndim - spatial_ndim]):
        if mask[index].any():  # without any, the distance to it is not defined
            far = partial(is_far_from_mask, margin_px=margin_px)
            background[index] = in_bands(far, background[index], margin_px + 1)
    return background


def is_far_from_mask(background: Bools, margin_px: int) -> Bools:
    """True where the next False is farther than `margin_px`."""
    if background.all():  # the distance to what is not there is not defined
        return background
    return np.asarray(ndimage.distance_transform_edt(background) > margin_px)


def otsu_mask(image: AnyImage) -> Bools:
    """True above the threshold that best splits the intensities in two (Otsu 1979).

    Parameters
    ----------
    image : array-like or Image
        Grey values; the histogram is taken over the whole array.

    Raises
    ------
    UserError
        A constant image has no threshold; NaN as in every metric.

    Examples
    --------
    >>> import numpy as np
    >>> otsu_mask(np.array([[1, 2, 90, 91]])).tolist()
    [[False, False, True, True]]
    """
    values = read_pixels(image, "The image")
    low, high = float(values.min()), float(values.max())
    if low == high:
        raise UserError(
            f"{spell_name(image, 'The image')} is constant ({low:g}): it has no threshold."
        )
    return np.asarray(values >= find_otsu_threshold(values, low, high), np.bool_)


def find_otsu_threshold(values: Floats, low: float, high: float) -> float:
    """The lower edge of the first bright bin: one bin per integer, else 256 bins."""
    bins, edges = OTSU_BINS, (low, high)
    if high - low < 2**16 and bool((values == np.rint(values)).all()):
        bins, edges = int(high - low) + 1, (low - 0.5, high + 0.5)
    counts, limits = np.histogram(values, bins, range=edges)
    dark = np.cumsum(counts)[:-1].astype(np.float64)
    total = counts @ np.arange(bins)
    moment = np.cumsum(counts * np.arange(bins))[:-1]
    separation = (total * dark - moment * values.size) ** 2 / (dark * (values.size - dark))
    return float(limits[1:-1][np.argmax(separation)])


def mask_baselines(mask: npt.NDArray[np.bool_]) -> dict[str, Floats]:
    """Images that need no network: what the outline alone predicts.

    `"blurred"` is the mask under a Gaussian of σ 2 px, `"distance"` is `1 - exp(-d/3)` with `d`
    the distance to the background in px. On real nuclei both correlate about 0.5 with the
    signal, so a synthesis must beat them (METRICS, the trap of SFM).

    Parameters
    ----------
    mask : ndarray of bool, (..., Y, X)
        True inside structures; each YX plane is treated by itself.

    Returns
    -------
    dict of str to ndarray of float64
        `"blurred"` and `"distance"`, of the mask's shape, values from 0 to 1.
    """
    blurred, distance = np.zeros(mask.shape), np.zeros(mask.shape)
    for index in iterate_planes(mask):
        plane = mask[index]
        in_bands(blur_mask, plane, round(4 * BASELINE_SIGMA_PX), out=blurred[index])
        if plane.all():  # no background at any distance
            distance[index] = 1.0
        else:
            distance[index] = 1 - np.exp(-measure_depth(plane) / BASELINE_DEPTH_PX)
    return {"blurred": blurred, "distance": distance}


def blur_mask(mask: Bools) -> Floats:
    """The mask under a Gaussian of σ 2 px, which reaches 8 px."""
    return np.asarray(ndimage.gaussian_filter(mask.astype(np.float64), BASELINE_SIGMA_PX))


def measure_depth(mask: Bools) -> Floats:
    """Distance of each pixel of a plane to the next False in px; there must be one."""
    depth = np.empty(mask.shape)
    for start, stop in cut_rows(mask.shape):
        reach = DEPTH_REACH_PX
        while True:
            low, high = max(start - reach, 0), min(stop + reach, len(mask))
            whole = low == 0 and high == len(mask)
            if whole or not mask[low:high].all():
                found = ndimage.distance_transform_edt(mask[low:high])[start - low : stop - low]
                # what is nearer than the reach was not missed outside of these rows
                if whole or found.max() <= reach:
                    break
            reach *= 4
        depth[start:stop] = found
    return depth
