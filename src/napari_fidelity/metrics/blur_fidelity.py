"""BFM, the blurring fidelity measure, and the companions that catch what it cannot see."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.masks import MARGIN_PX
from napari_fidelity.metrics.noise_fidelity import open_field
from napari_fidelity.metrics.pixels import AnyImage, Bools, Floats, read_pair
from napari_fidelity.metrics.products import sum_products
from napari_fidelity.metrics.reading import Reading
from napari_fidelity.metrics.settings import Border, Sharpness
from napari_fidelity.metrics.sharpness import (
    GAIN_POWER,
    SHARPNESS,
    crop_region,
    laplacian,
    laplacian_of_gaussian,
)
from napari_fidelity.metrics.signal_fidelity import read_mask

GAIN_LOW, GAIN_HIGH = 0.8, 1.25
# A 3×3 Laplacian of float64 values is off by at most about this many units in the last place.
ROUNDING_UNITS = 16


def divide_sharpness(
    test: Floats,
    reference: Floats,
    filtered: tuple[Floats, Floats],
    sharpness: Sharpness = "energy",
    region: Bools | None = None,
) -> Reading:
    """Total sharpness of test over reference; `filtered` holds both after the filter.

    Parameters
    ----------
    test, reference : ndarray of float64, (..., Y, X)
        The images, to tell constant ones.
    filtered : pair of ndarray
        Test and reference under the same second-derivative filter.
    sharpness : {"energy", "absolute"}
        What is summed.
    region : ndarray of bool, optional
        Where to sum, in the frame of the images.
    """
    if reference.min() == reference.max():
        return Reading.undefined("the reference is constant")
    if filtered[1].size == 0:
        return Reading.undefined("the image is smaller than the kernel")
    chosen = filtered
    if region is not None:
        inside = crop_region(region, filtered[1])
        if not inside.any():
            return Reading.undefined("no pixel is left to sum over")
        chosen = filtered[0][inside], filtered[1][inside]
    above, below = (SHARPNESS[sharpness](f) for f in chosen)
    rounding = ROUNDING_UNITS * np.finfo(np.float64).eps * float(np.abs(reference).max())
    if below <= chosen[1].size * rounding ** GAIN_POWER[sharpness]:
        return Reading.undefined("the reference has no sharpness here: it is flat or a ramp")
    return Reading(0.0 if test.min() == test.max() else above / below)


def fit_gain(test: Floats, reference: Floats, mask: Bools) -> Reading:
    """The slope g of the least-squares line `Î = g·I + offset` over the pixels of the mask."""
    if not mask.any():
        return Reading.undefined("the mask is empty")
    x, y = reference[mask], test[mask]
    if x.min() == x.max():
        return Reading.undefined("the reference is constant inside the mask")
    x = x - x.mean()
    return Reading(float(sum_products(x, y - y.mean()) / sum_products(x, x)))


def describe_gain(gain: float) -> dict[str, float | str]:
    """The gain, with a warning outside 0.8–1.25, as details of a score."""
    if not np.isfinite(gain):
        return {}
    if GAIN_LOW <= gain <= GAIN_HIGH:
        return {"gain": gain}
    return {
        "gain": gain,
        "warning": f"gain {gain:.3g} is outside {GAIN_LOW}–{GAIN_HIGH}: BFM scales with "
        "its square, read the gain-matched value",
    }


def match_gain(ratio: Reading, gain: Reading, sharpness: Sharpness = "energy") -> Reading:
    """A sharpness ratio divided by g² (energy) or abs(g) (absolute)."""
    if not np.isfinite(ratio.value):
        return ratio
    if not np.isfinite(gain.value):
        return gain
    details = describe_gain(gain.value)
    scale = abs(gain.value) ** GAIN_POWER[sharpness]
    if scale < np.finfo(np.float64).eps:
        return Reading.undefined("the fitted gain is 0: nothing to match", **details)
    return Reading(ratio.value / scale, details=details)


def bfm(
    test: AnyImage,
    reference: AnyImage,
    *,
    sharpness: Sharpness = "energy",
    border: Border = "valid",
) -> float:
    """Blurring fidelity: total sharpness of the test image over that of the reference.

    `Σ (∇²Î)² / Σ (∇²I)²` with the Laplacian `[1 4 1; 4 -20 4; 1 4 1]/6`; Feng et al., ICIP
    2019, eq. 3 and 4. It grows with the square of the gain, and noise makes up for blur: read
    it beside `bfm_gain_matched`, `bfm_sigma` and `bfm_background`.

    Parameters
    ----------
    test, reference : array-like or Image, equal shape (..., Y, X)
        Grey values; of a stack the sums run over all planes.
    sharpness : {"energy", "absolute"}
        `"absolute"` sums `|∇²|`, as the authors' code does.
    border : {"valid", "zero"}
        `"zero"` pads with zeros, as the authors' code does.

    Returns
    -------
    float
        From 0, ideal 1; below 1 is blurred. NaN for a constant reference, one without any
        curvature, and planes smaller than the kernel. A constant test image scores 0.

    Raises
    ------
    UserError
        Shapes, scales or positions differ, values are not finite, or there are no planes.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.eye(8)
    >>> bfm(2 * reference, reference), bfm(2 * reference, reference, sharpness="absolute")
    (4.0, 2.0)
    """
    a, b = read_planes(test, reference)
    check_choice(sharpness, border)
    return divide_sharpness(a, b, (laplacian(a, border), laplacian(b, border)), sharpness).value


def bfm_gain_matched(
    test: AnyImage,
    reference: AnyImage,
    mask: AnyImage,
    *,
    sharpness: Sharpness = "energy",
    border: Border = "valid",
) -> float:
    """BFM / g² (`"absolute"`: / abs(g)), g the gain of test on reference fitted inside the mask.

    Parameters as `bfm` and `sfm`. NaN also where g cannot be fitted or is 0.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.arange(64.0).reshape(8, 8) ** 2
    >>> round(bfm_gain_matched(3 * reference + 7, reference, np.ones((8, 8), bool)), 6)
    1.0
    """
    a, b = read_planes(test, reference)
    check_choice(sharpness, border)
    ratio = divide_sharpness(a, b, (laplacian(a, border), laplacian(b, border)), sharpness)
    return match_gain(ratio, fit_gain(a, b, read_mask(mask, reference)), sharpness).value


def bfm_sigma(test: AnyImage, reference: AnyImage, *, border: Border = "valid") -> float:
    """BFM with a Laplacian of Gaussian of σ 2 px: blunt to pixel noise, alive to blur.

    Parameters, result and errors as `bfm`; the kernel is 17 px wide.

    Examples
    --------
    >>> import numpy as np
    >>> bfm_sigma(np.eye(32), np.eye(32))
    1.0
    """
    a, b = read_planes(test, reference)
    check_choice("energy", border)
    filtered = laplacian_of_gaussian(a, border), laplacian_of_gaussian(b, border)
    return divide_sharpness(a, b, filtered).value


def bfm_foreground(
    test: AnyImage, reference: AnyImage, mask: AnyImage, *, border: Border = "valid"
) -> float:
    """BFM summed over the pixels of the mask only; otherwise as `bfm`.

    Examples
    --------
    >>> import numpy as np
    >>> bfm_foreground(np.eye(8), np.eye(8), np.eye(8, dtype=bool))
    1.0
    """
    a, b = read_planes(test, reference)
    check_choice("energy", border)
    filtered = laplacian(a, border), laplacian(b, border)
    return divide_sharpness(a, b, filtered, region=read_mask(mask, reference)).value


def bfm_background(
    test: AnyImage,
    reference: AnyImage,
    mask: AnyImage | None = None,
    *,
    background: AnyImage | None = None,
    margin: int = MARGIN_PX,
    border: Border = "valid",
) -> float:
    """BFM summed over the background that `nfm` uses: below 1 the noise is too smooth.

    Arguments as `nfm`, result as `bfm`.

    Examples
    --------
    >>> import numpy as np
    >>> noise = np.random.default_rng(0).normal(100, 3, (64, 64))
    >>> round(bfm_background(100 + (noise - 100) / 2, noise, np.zeros((64, 64), bool)), 6)
    0.25
    """
    a, b = read_planes(test, reference)
    check_choice("energy", border)
    region = open_field(reference, mask, background, margin).region
    filtered = laplacian(a, border), laplacian(b, border)
    return divide_sharpness(a, b, filtered, region=region).value


def read_planes(test: AnyImage, reference: AnyImage) -> tuple[Floats, Floats]:
    """A checked pair that has Y and X."""
    a, b = read_pair(test, reference)
    if a.ndim < 2:
        raise UserError(f"The images have {a.ndim} axis: sharpness needs Y and X.")
    return a, b


def check_choice(sharpness: str, border: str) -> None:
    """Refuse words that name no option."""
    if sharpness not in SHARPNESS:
        raise UserError(f"There is no sharpness {sharpness!r}: choose energy or absolute.")
    if border not in ("valid", "zero"):
        raise UserError(f"There is no border {border!r}: choose valid or zero.")
