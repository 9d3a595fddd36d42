"""SFM, the signal fidelity measure, and the Pearson correlation under it."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import poll
from napari_fidelity.metrics.masks import as_mask
from napari_fidelity.metrics.pixels import (
    REFERENCE,
    AnyImage,
    Bools,
    Floats,
    check_frames,
    read_pair,
)
from napari_fidelity.metrics.products import length, sum_products
from napari_fidelity.metrics.reading import Reading


def correlate(test: Floats, reference: Floats, where: str) -> Reading:
    """Pearson correlation of two equally long vectors; `where` completes the reasons."""
    if test.size < 2:
        return Reading.undefined(f"fewer than 2 pixels {where}")
    for name, values in (("image under test", test), ("reference", reference)):
        if values.min() == values.max():
            return Reading.undefined(f"the {name} is constant {where}")
    a, b = centre(test), centre(reference)
    return Reading(float(np.clip(sum_products(a, b), -1.0, 1.0)))


def centre(values: Floats) -> Floats:
    """`values` less their mean, of unit length; divided by the largest first: no overflow."""
    values = values - values.mean()
    poll()
    values = values / np.abs(values).max()
    poll()
    return np.asarray(values / length(values), np.float64)


def read_sfm(test: Floats, reference: Floats, mask: Bools) -> Reading:
    """SFM of checked arrays."""
    if not mask.any():
        return Reading.undefined("the mask is empty")
    return correlate(test[mask], reference[mask], "inside the mask")


def sfm(test: AnyImage, reference: AnyImage, mask: AnyImage) -> float:
    """Signal fidelity: Pearson correlation of test and reference inside the mask.

    `Σ_Ω (I-Ī)(Î-Î̄) / sqrt( Σ_Ω (I-Ī)² · Σ_Ω (Î-Î̄)² )`, means taken inside `Ω`; Feng et al.,
    ICIP 2019, eq. 1. It rewards "bright in the middle": compare `mask_baselines`.

    Parameters
    ----------
    test, reference : array-like or Image, equal shape
        Grey values; of a stack all pixels are pooled.
    mask : array-like or Image, same shape
        See `as_mask`.

    Returns
    -------
    float
        In [-1, 1], ideal 1. NaN for an empty mask, fewer than 2 pixels in it, or an image that
        is constant in it. Identical images score 1.

    Raises
    ------
    UserError
        Shapes, scales or positions differ, values are not finite, or the mask is none.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.array([[1, 2, 3, 4]])
    >>> round(sfm(np.array([[3, 5, 7, 0]]), reference, np.array([[1, 1, 1, 0]])), 6)
    1.0
    """
    test_pixels, reference_pixels = read_pair(test, reference)
    return read_sfm(test_pixels, reference_pixels, read_mask(mask, reference)).value


def read_mask(mask: AnyImage, reference: AnyImage, name: str = "The mask") -> Bools:
    """The mask as booleans, refused where it does not lie on the reference's pixels."""
    if mask is None:
        raise UserError("This measure needs a mask: paint one, or make one with otsu_mask.")
    check_frames(mask, name, reference, REFERENCE)
    return as_mask(mask, name).mask
