"""A PSF averaged from an image of small beads: found, centred, their background removed."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.physical_scale import spatial_scale_um
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.simulation.psf.gaussian_blur import FWHM_PER_SIGMA
from napari_fidelity.simulation.psf.kernel import Psf, build_psf
from napari_fidelity.simulation.psf.widths import measure_line_fwhm

Doubles = npt.NDArray[np.float64]
SIGMAS_ABOVE = 8.0  # a bead's height over the noise of the background
MAD_PER_SIGMA = 0.6745
CENTRING_STEPS = 12
FEW = 3
WIDTHS_AROUND = 2.5
LEAST_AGREEMENT = 0.8  # correlation with the median bead


class BeadSettings(Params):
    """Which beads are taken, and how much around each."""

    shape: tuple[int, ...] = Field(
        (),
        title="Shape (pixels)",
        description="Odd sides of the PSF, (Z)YX; empty: five times the width of a bead.",
    )
    least_height: float = Field(
        0.25,
        gt=0,
        le=1,
        title="Least height",
        description="Dimmer beads, relative to the brightest, are left out.",
    )


def average_beads(
    stack: Image,
    settings: BeadSettings | None = None,
    *,
    pixel_size_um: float | None = None,
    z_step_um: float | None = None,
) -> Psf:
    """The PSF that the beads in `stack` show: their mean, each centred to parts of a pixel.

    Beads are the maxima of the slightly smoothed stack. Left out are those that are dim, too
    near the border or to another one, saturated, or unlike the others (clumps). Around each the
    median of the window's rim is subtracted, its centre found as the centroid under a Gaussian
    window, and it is moved there by cubic splines. The bead's own size stays in the result: take
    beads well below the resolution.

    Parameters
    ----------
    stack : Image
        YX or ZYX; other axes of one entry are dropped.
    settings : BeadSettings, optional
        Default: the defaults.
    pixel_size_um, z_step_um : float, optional
        Go before the sizes that the image states.

    Returns
    -------
    Psf
        `warnings` tell of few beads and of those that were left out.

    Raises
    ------
    UserError
        The pixel size is unknown, values are not finite, no bead stands out, or none is usable.

    Examples
    --------
    >>> grid = np.indices((64, 64))
    >>> spots = [(16.3, 20.0), (44.0, 41.6)]
    >>> beads = sum(np.exp(-((grid[0] - y)**2 + (grid[1] - x)**2) / 8) for y, x in spots)
    >>> psf = average_beads(Image(100 + 900 * beads), pixel_size_um=0.1)
    >>> psf.array.shape, bool(psf.array.argmax() == psf.array.size // 2)
    ((29, 29), True)
    """
    chosen = settings or BeadSettings()
    sizes = spatial_scale_um(stack, pixel_size_um=pixel_size_um, z_step_um=z_step_um)
    values = _take_values(stack)
    smooth = ndimage.gaussian_filter(values, 1.0)
    ground = float(np.median(smooth))
    noise = float(np.median(np.abs(smooth - ground))) / MAD_PER_SIGMA
    height = float(smooth.max()) - ground
    if height <= SIGMAS_ABOVE * noise:
        raise UserError("No bead stands out from the background: choose an image of bright points.")
    widths = _measure_widths(smooth - ground)
    peaks = _find_peaks(smooth, ground + max(chosen.least_height * height, SIGMAS_ABOVE * noise))
    half = _choose_half(chosen.shape, widths, values.shape, peaks)
    usable = _drop_unusable(peaks, half, values, stack.array.dtype)
    if not usable:
        raise UserError(
            f"None of the {len(peaks)} beads can be used: they are saturated, or closer to the "
            f"border or to each other than {spell_shape(half)} pixels; choose a smaller shape."
        )
    cut = np.stack([_cut_bead(values, peak, half, widths) for peak in usable])
    alike = _drop_unlike(cut)
    said = []
    if len(alike) < len(peaks):
        said.append(f"{len(alike)} of {len(peaks)} beads were averaged; the others were unusable.")
    if len(alike) < FEW:
        said.append(
            f"Only {len(alike)} of the beads could be used: the PSF keeps much of their noise."
        )
    return build_psf(alike.mean(axis=0), sizes, said)


def _take_values(stack: Image) -> Doubles:
    axes = [(letter, side) for letter, side in zip(stack.axes, stack.shape, strict=True)]
    if any(side > 1 for letter, side in axes if letter not in "ZYX"):
        raise UserError(
            f"{stack.name or 'The bead image'} has axes {stack.axes}: choose one time and channel."
        )
    kept = [side for letter, side in axes if letter in "ZYX"]
    values = stack.array.reshape(kept).astype(np.float64)
    if not np.isfinite(values).all():
        raise UserError("The bead image holds NaN or infinite values: replace them first.")
    return values


def _measure_widths(heights: Doubles) -> tuple[float, ...]:
    """FWHM of the brightest bead along each axis, in pixels."""
    peak = np.unravel_index(int(heights.argmax()), heights.shape)
    widths = []
    for axis in range(heights.ndim):
        line = heights[tuple(slice(None) if a == axis else peak[a] for a in range(len(peak)))]
        width = measure_line_fwhm(line)
        if not np.isfinite(width):
            letter = "ZYX"[axis - heights.ndim]
            raise UserError(
                f"The brightest bead is cut off along {letter}: image more around the beads."
            )
        widths.append(width)
    return tuple(widths)


def _choose_half(
    shape: Sequence[int],
    widths: Sequence[float],
    sides: Sequence[int],
    peaks: Sequence[tuple[int, ...]],
) -> tuple[int, ...]:
    """Pixels on each side of a bead: those asked for, else 2.5 widths, along Z as the stack has."""
    if not shape:
        half = [ceil(WIDTHS_AROUND * width) for width in widths]
        if len(sides) == 3:
            room = min(min(peak[0], sides[0] - 1 - peak[0]) for peak in peaks)
            half[0] = min(half[0], max(room, ceil(widths[0])))
        return tuple(half)
    if len(shape) != len(sides) or any(side % 2 == 0 or side < 3 for side in shape):
        raise UserError(
            f"The PSF's shape is {spell_shape(shape)}: give {len(sides)} odd sides of 3 or more."
        )
    return tuple(side // 2 for side in shape)


def _find_peaks(smooth: Doubles, level: float) -> list[tuple[int, ...]]:
    tops = (smooth == ndimage.maximum_filter(smooth, 5)) & (smooth > level)
    labels, count = ndimage.label(tops, np.ones((3,) * smooth.ndim))  # a flat top is one peak
    centres = ndimage.center_of_mass(tops, labels, range(1, count + 1))
    return [tuple(round(place) for place in centre) for centre in centres]


def _drop_unusable(
    peaks: Sequence[tuple[int, ...]],
    half: tuple[int, ...],
    values: Doubles,
    dtype: np.dtype[Any],  # Any: every type of pixels
) -> list[tuple[int, ...]]:
    reach, sides = np.array(half), np.array(values.shape)
    full = np.iinfo(dtype).max if dtype.kind in "iu" else np.inf
    usable = []
    for peak in peaks:
        place = np.array(peak)
        inside = (place >= reach).all() and (place + reach < sides).all()
        alone = all(other == peak or (np.abs(place - other) > reach).any() for other in peaks)
        if inside and alone and values[peak] < full:
            usable.append(peak)
    return usable


def _cut_bead(
    values: Doubles, peak: tuple[int, ...], half: tuple[int, ...], widths: Sequence[float]
) -> Doubles:
    """The bead in the middle of its window, without background, sum 1."""
    window = values[tuple(slice(p - h, p + h + 1) for p, h in zip(peak, half, strict=True))]
    core = tuple(slice(1, -1) for _ in half)
    rim = np.ones(window.shape, bool)
    rim[core] = False
    bead = window - np.median(window[rim])
    shift = _find_centre(bead, widths) - np.array(half)
    moved = ndimage.shift(bead, -shift, order=3, mode="nearest")
    return np.asarray(moved / moved.sum())


def _find_centre(bead: Doubles, widths: Sequence[float]) -> Doubles:
    """Centroid under a Gaussian window as wide as the bead, the window moved until it stays.

    Window and bead have equal widths, so the centroid lies half as far from the window's centre
    as the bead's does: each step goes twice as far.
    """
    centre = (np.array(bead.shape) - 1) / 2
    grids = np.indices(bead.shape).astype(np.float64)
    sigmas = np.array(widths) / FWHM_PER_SIGMA
    column = (-1,) + (1,) * bead.ndim
    for _ in range(CENTRING_STEPS):
        away = (grids - centre.reshape(column)) / sigmas.reshape(column)
        weights = np.maximum(bead, 0) * np.exp(-(away**2).sum(axis=0) / 2)
        found = np.array([np.average(grid, weights=weights) for grid in grids])
        centre = centre + 2 * (found - centre)
    return np.asarray(centre)


def _drop_unlike(beads: Doubles) -> Doubles:
    if len(beads) < FEW:
        return beads
    typical = np.median(beads, axis=0).ravel()
    agreement = [np.corrcoef(bead.ravel(), typical)[0, 1] for bead in beads]
    kept: Doubles = beads[np.array(agreement) >= LEAST_AGREEMENT * max(agreement)]
    return kept
