"""Metrics that every paper quotes: SSIM, PSNR, NRMSE, MAE, NCC, PCC, on whole images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.metrics.pixels import AnyImage, Floats, read_pair
from napari_fidelity.metrics.products import length, sum_products
from napari_fidelity.metrics.reading import Reading
from napari_fidelity.metrics.settings import DataRange, Normalization
from napari_fidelity.metrics.signal_fidelity import correlate
from napari_fidelity.metrics.structural_similarity import read_ssim


def resolve_range(
    reference: Floats,
    dtype: np.dtype[Any],
    data_range: DataRange,  # Any: every dtype
) -> Reading:
    """The range that SSIM and PSNR use, in intensities.

    `"reference"` is max - min of the reference, `"dtype"` the full scale of its integer type.
    """
    if isinstance(data_range, str):
        if data_range not in RANGES:
            raise UserError(
                f"There is no data range {data_range!r}: give reference, dtype or a number."
            )
        return RANGES[data_range](reference, dtype)
    if not (np.isfinite(data_range) and data_range > 0):
        raise UserError(f"The data range is {data_range:g}: it must be above 0.")
    return Reading(float(data_range))


def span_reference(reference: Floats, _dtype: np.dtype[Any]) -> Reading:
    """Max - min."""
    span = float(np.ptp(reference))
    return Reading(span) if span else Reading.undefined("the reference is constant: its range is 0")


def span_dtype(_reference: Floats, dtype: np.dtype[Any]) -> Reading:
    """Full scale of an integer type, 1 for booleans; floats have none."""
    if dtype.kind == "b":
        return Reading(1.0)
    if dtype.kind in "iu":
        return Reading(float(np.iinfo(dtype).max) - float(np.iinfo(dtype).min))
    return Reading.undefined(f"the reference is {dtype}, which has no full scale: give a number")


RANGES: Mapping[str, Callable[[Floats, np.dtype[Any]], Reading]] = {
    "reference": span_reference,
    "dtype": span_dtype,
}


def read_psnr(test: Floats, reference: Floats, data_range: Reading) -> Reading:
    """PSNR of checked arrays."""
    error = mean_square(test - reference)
    if error == 0:
        return Reading(float("inf"), "identical images: PSNR is infinite")
    if not np.isfinite(data_range.value):
        return data_range
    return Reading(float(10 * np.log10(data_range.value**2 / error)))


def read_nrmse(test: Floats, reference: Floats, normalization: Normalization) -> Reading:
    """NRMSE of checked arrays."""
    divisor = float(NORMALIZATIONS[normalization](reference))
    if divisor == 0:
        return Reading.undefined(f"the reference's {normalization} is 0")
    return Reading(float(np.sqrt(mean_square(test - reference))) / abs(divisor))


def read_ncc(test: Floats, reference: Floats) -> Reading:
    """NCC of checked arrays."""
    for name, values in (("image under test", test), ("reference", reference)):
        if not values.any():
            return Reading.undefined(f"the {name} is 0 everywhere")
    a, b = (v.ravel() / np.abs(v).max() for v in (test, reference))
    return Reading(float(np.clip(sum_products(a, b) / (length(a) * length(b)), -1.0, 1.0)))


def mean_square(values: Floats) -> float:
    """`Σ x² / n`."""
    flat = values.ravel()
    return float(sum_products(flat, flat)) / flat.size


def root_mean_square(values: Floats) -> float:
    """`sqrt(Σ x² / n)`, what scikit-image calls euclidean."""
    return float(np.sqrt(mean_square(values)))


NORMALIZATIONS: Mapping[str, Callable[[Floats], float]] = {
    "range": np.ptp,
    "mean": np.mean,
    "euclidean": root_mean_square,
    "sd": np.std,
}


def ssim(
    test: AnyImage,
    reference: AnyImage,
    *,
    data_range: DataRange = "reference",
    spatial_ndim: int = 2,
) -> float:
    """Structural similarity (Wang 2004), as scikit-image computes it with a Gaussian window.

    Window 11×11, σ 1.5, population covariance, K₁ 0.01, K₂ 0.03, mean without the 5-px border.

    Parameters
    ----------
    test, reference : array-like or Image, equal shape (..., Y, X)
        Grey values.
    data_range : float, "reference" or "dtype"
        In intensities: a number, max - min of the reference, or the full scale of its type.
    spatial_ndim : {2, 3}
        2: the mean over YX planes; 3: a window across Z as well.

    Returns
    -------
    float
        At most 1, ideal 1. NaN for a constant reference without a stated range, for floats
        with `"dtype"`, and where a side is shorter than the window. Identical images score 1.

    Raises
    ------
    UserError
        Shapes, scales or positions differ, or values are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.arange(400.0).reshape(20, 20)
    >>> round(ssim(image, image), 6)
    1.0
    """
    if spatial_ndim not in (2, 3):
        raise UserError(f"The window has {spatial_ndim} axes: choose 2 or 3.")
    a, b = read_pair(test, reference)
    return read_ssim(a, b, resolve_range(b, dtype_of(reference), data_range), spatial_ndim).value


def psnr(test: AnyImage, reference: AnyImage, *, data_range: DataRange = "reference") -> float:
    """Peak signal-to-noise ratio, `10 log10(range² / MSE)` in dB.

    After a least-squares fit of gain and offset it is a function of PCC: never count both as
    evidence. With `"dtype"` a dim uint16 image gains 30 dB for nothing.

    Parameters as `ssim`.

    Returns
    -------
    float
        Higher is better. Infinity for identical images, NaN for a reference without a range.

    Examples
    --------
    >>> round(psnr([[0, 10], [20, 110]], [[0, 10], [20, 100]]), 4)
    26.0206
    """
    a, b = read_pair(test, reference)
    return read_psnr(a, b, resolve_range(b, dtype_of(reference), data_range)).value


def nrmse(test: AnyImage, reference: AnyImage, *, normalization: Normalization = "range") -> float:
    """Root mean square error over the reference's range, mean, root mean square or SD.

    Parameters
    ----------
    test, reference : array-like or Image, equal shape
        Grey values.
    normalization : {"range", "mean", "euclidean", "sd"}
        What to divide by; `"euclidean"` is the root mean square.

    Returns
    -------
    float
        From 0, ideal 0. NaN where the divisor is 0 (constant reference).

    Examples
    --------
    >>> nrmse([[0, 10], [20, 110]], [[0, 10], [20, 100]])
    0.05
    """
    if normalization not in NORMALIZATIONS:
        known = ", ".join(NORMALIZATIONS)
        raise UserError(f"There is no normalization {normalization!r}: choose one of {known}.")
    return read_nrmse(*read_pair(test, reference), normalization).value


def mae(test: AnyImage, reference: AnyImage) -> float:
    """Mean absolute error, in the reference's intensities; from 0, ideal 0, never NaN.

    Examples
    --------
    >>> mae([[0, 10], [20, 110]], [[0, 10], [20, 100]])
    2.5
    """
    a, b = read_pair(test, reference)
    return float(np.abs(a - b).mean())


def ncc(test: AnyImage, reference: AnyImage) -> float:
    """Normalised cross-correlation without centring, `Σ I·Î / sqrt(Σ I² · Σ Î²)` (Feng, Table 1).

    In [-1, 1], ideal 1; a common offset raises it, so it is not `pcc`. NaN where an image is 0
    everywhere.

    Examples
    --------
    >>> ncc([[3, 0], [0, 4]], [[3, 0], [0, -4]])
    -0.28
    """
    return read_ncc(*read_pair(test, reference)).value


def pcc(test: AnyImage, reference: AnyImage) -> float:
    """Pearson correlation over the whole image; in [-1, 1], ideal 1, NaN for a constant image.

    Examples
    --------
    >>> round(pcc([[1, 2], [3, 4]], [[8, 6], [4, 2]]), 6)
    -1.0
    """
    a, b = read_pair(test, reference)
    return correlate(a.ravel(), b.ravel(), "everywhere").value


def dtype_of(image: AnyImage) -> np.dtype[Any]:
    """The type of the values as they were given."""
    return image.array.dtype if isinstance(image, Image) else np.asarray(image).dtype
