"""NFM, the noise fidelity measure: how alike the backgrounds of two images are distributed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.random import uniform
from napari_fidelity.metrics.bands import Pixels, gather_pixels, take_pixels
from napari_fidelity.metrics.density import DENSITIES, Counts, NoiseSample
from napari_fidelity.metrics.masks import MARGIN_PX, background_region
from napari_fidelity.metrics.pixels import (
    REFERENCE,
    AnyImage,
    Bools,
    Floats,
    read_pair,
    read_pixels,
)
from napari_fidelity.metrics.reading import Reading
from napari_fidelity.metrics.settings import Density
from napari_fidelity.metrics.signal_fidelity import read_mask

CLIPPED_SHARE = 0.2
DITHER_STREAM = 0x4E464D  # "NFM": independent of every other field of seed 0


class NoiseField:
    """Background pixels of one frame, with the keyed uniforms that belong to their coordinates.

    Parameters
    ----------
    region : ndarray of bool
        True where the image is background.
    origin : sequence of int
        Index of the first pixel in the uncropped image: a crop gets the same dither.
    """

    def __init__(self, region: Bools, origin: Sequence[int] | None = None) -> None:
        self.region = region
        self.origin = origin
        self._dither: Floats | None = None

    def sample(self, image: Floats, part: Bools | None = None) -> NoiseSample:
        """The background values of `image`, those inside `part` only where one is given."""
        if part is None:
            return NoiseSample(take_pixels(image, self.region), self.draw_dither)
        chosen = take_pixels(part, self.region)
        values = take_pixels(image, self.region)[chosen]
        return NoiseSample(values, lambda: self.draw_dither()[chosen])

    def draw_dither(self) -> Floats:
        """Uniforms in (-½, ½), one per background pixel; test and reference share them."""
        if self._dither is None:
            self._dither = gather_pixels(self._draw_rows, self.region, np.float64)
            self._dither -= 0.5
        return self._dither

    def _draw_rows(self, start: int, stop: int) -> Pixels:
        """Uniforms of some rows: they are keyed by coordinate."""
        origin = tuple(self.origin or (0,) * self.region.ndim)
        first, shape = (origin[0] + start, *origin[1:]), self.region[start:stop].shape
        return uniform(shape, seed=0, stream=DITHER_STREAM, origin=first)


def compare_noise(test: NoiseSample, reference: NoiseSample, density: Density) -> Reading:
    """Distance of two samples, with the cases in which it means nothing."""
    n = min(test.values.size, reference.values.size)
    if n < 2:
        return Reading.undefined(
            "no background: the mask and its margin cover everything"
            if n == 0
            else "the background has fewer than 2 pixels"
        )
    clipped = []
    for name, sample in (("the image under test", test), ("the reference", reference)):
        floor = float(sample.values.min())
        if floor == sample.values.max():
            return Reading.undefined(f"the background of {name} is constant ({floor:g})")
        share = np.count_nonzero(sample.values == floor) / sample.values.size
        if share > CLIPPED_SHARE:
            clipped.append(f"{share:.0%} of {name} at {floor:g}")
    reading = DENSITIES[density](test, reference)
    if clipped and not reading.reason:
        reason = f"clipped background, not meaningful: {', '.join(clipped)}"
        return Reading(reading.value, reason, reading.details)
    return reading


def read_nfm(test: Floats, reference: Floats, field: NoiseField, density: Density) -> Reading:
    """NFM of checked arrays, with bandwidths, steps and grid."""
    return compare_noise(field.sample(test), field.sample(reference), density)


def read_floor(reference: Floats, field: NoiseField, density: Density) -> Reading:
    """NFM between two spatial halves of the reference: what a perfect image would score.

    The background is cut across its longer side, Y or X, where the halves are most equal.
    """
    counts = [count_along(field.region, axis) for axis in (-2, -1)]
    if counts[0].sum() < 4:
        return Reading.undefined("too few background pixels for two halves")
    axis = int(np.argmax([np.ptp(np.flatnonzero(c)) for c in counts])) - 2
    cut = median_position(counts[axis])
    positions = np.arange(reference.shape[axis])
    first = (positions < cut).reshape((-1, 1) if axis == -2 else (1, -1))
    first = np.broadcast_to(first, reference.shape)
    return compare_noise(field.sample(reference, first), field.sample(reference, ~first), density)


def count_along(region: Bools, axis: int) -> Counts:
    """Number of True at each position of one axis."""
    others = tuple(i for i in range(region.ndim) if i != region.ndim + axis)
    return np.asarray(np.count_nonzero(region, axis=others), np.int64)


def median_position(counts: Counts) -> float:
    """The median of positions that occur `counts` times each.

    Examples
    --------
    >>> import numpy as np
    >>> median_position(np.array([0, 2, 1, 1]))
    1.5
    """
    total, up_to = int(counts.sum()), np.cumsum(counts)
    middle = np.searchsorted(up_to, [(total - 1) // 2, total // 2], side="right")
    return float(middle.mean())


def choose_background(mask: Bools | None, marked: Bools | None, margin_px: int) -> Bools | None:
    """The marked background, less the mask where both are given; else what the mask leaves."""
    if marked is not None:
        return marked if mask is None else marked & ~mask
    return None if mask is None else background_region(mask, margin_px)


def nfm(
    test: AnyImage,
    reference: AnyImage,
    mask: AnyImage | None = None,
    *,
    background: AnyImage | None = None,
    margin: int = MARGIN_PX,
    density: Density = "kde",
) -> float:
    """Noise fidelity: Sørensen distance between the densities of the background pixels.

    `∫ |p_I - p_Î| dx / ( ∫ p_I dx + ∫ p_Î dx )`; Feng et al., ICIP 2019, eq. 2. Read it beside
    its floor, `nfm_floor`.

    Parameters
    ----------
    test, reference : array-like or Image, equal shape
        Grey values; of a stack all background pixels are pooled.
    mask : array-like or Image, optional
        Structures; what is farther than `margin` from them is background.
    background : array-like or Image, optional
        A mask of the background itself; pixels that are also in `mask` are left out.
    margin : int
        Distance to the mask in px, within each YX plane.
    density : {"kde", "published", "histogram"}
        `"kde"`: Gaussian kernels, `h = σ̂ (4/(3n))^(1/5)`; values on a lattice of step q are
        spread over it by noise keyed by coordinate, and h ≥ q/2. `"published"`: the authors'
        code, 200 points of [0, max], a comb on 8-bit data. `"histogram"`: common bins, a
        multiple of the lattice step.

    Returns
    -------
    float
        In [0, 1], ideal 0. NaN where there is no background (a full mask) or it is constant in
        one image. Identical images score 0. Where more than a fifth of the background of an
        image is at its floor (clipped), the number means little; `measure` says so.

    Raises
    ------
    UserError
        Neither mask nor background; shapes, scales or positions differ; values are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.random.default_rng(0).normal(100, 3, (64, 64))
    >>> mask = np.zeros((64, 64), bool)
    >>> nfm(reference, reference, mask)
    0.0
    >>> nfm(reference + 50, reference, mask)
    1.0
    """
    if density not in DENSITIES:
        raise UserError(f"There is no density {density!r}: choose one of {', '.join(DENSITIES)}.")
    test_pixels, reference_pixels = read_pair(test, reference)
    field = open_field(reference, mask, background, margin)
    return read_nfm(test_pixels, reference_pixels, field, density).value


def nfm_floor(
    reference: AnyImage,
    mask: AnyImage | None = None,
    *,
    background: AnyImage | None = None,
    margin: int = MARGIN_PX,
    density: Density = "kde",
) -> float:
    """NFM between two spatial halves of the reference itself; arguments as `nfm`.

    Examples
    --------
    >>> import numpy as np
    >>> reference = np.random.default_rng(0).normal(100, 3, (64, 64))
    >>> nfm_floor(reference, np.zeros((64, 64), bool)) < 0.05
    True
    """
    pixels = read_pixels(reference, REFERENCE)
    return read_floor(pixels, open_field(reference, mask, background, margin), density).value


def open_field(
    reference: AnyImage, mask: AnyImage | None, background: AnyImage | None, margin_px: int
) -> NoiseField:
    """The background that the arguments of `nfm` describe, checked."""
    region = choose_background(
        None if mask is None else read_mask(mask, reference),
        None if background is None else read_mask(background, reference, "The background"),
        margin_px,
    )
    if region is None:
        raise UserError("NFM needs a mask or a background: give one of the two.")
    return NoiseField(region, reference.origin if isinstance(reference, Image) else None)
