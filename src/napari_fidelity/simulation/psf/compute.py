"""The PSF as pixels: of a plane at a defocus, or of a volume around the focus."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import ceil

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.shape_text import spell_shape
from napari_fidelity.simulation.psf.gaussian_blur import FWHM_PER_SIGMA
from napari_fidelity.simulation.psf.kernel import Psf, build_psf, check_sizes
from napari_fidelity.simulation.psf.measured import place_measured, stamp_file
from napari_fidelity.simulation.psf.profile import (
    measure_fwhms_um,
    measure_profile,
)
from napari_fidelity.simulation.psf.sampling import choose_shape, list_sampling_warnings
from napari_fidelity.simulation.psf.settings import PsfSettings, PsfSource, check_optics

Doubles = npt.NDArray[np.float64]
KEPT = 32  # PSFs that are kept
KEPT_VOXELS = 1 << 22  # of one: larger ones are computed anew
LEAST_SHARE = 0.9  # of a plane's light, below which a cut is told
LEAST_OUTER_SHARE = 0.5  # the same of the outermost planes of a volume
EDGE_SHARE = 0.1  # of the peak, above which a cut along Z is told
MOST_NODES = 65  # across a pixel; odd, so that its centre counts however large it is
LARGEST_VOXELS = 2**26


def compute_psf(
    source: PsfSource,
    scale_um: Sequence[float],
    *,
    defocus_um: float = 0.0,
    shape: Sequence[int] | None = None,
) -> Psf:
    """The PSF of `source` on pixels of the size `scale_um`; equal requests share one array.

    Parameters
    ----------
    source : PsfSettings or MeasuredPsf
        The optics, or what was measured; the latter is resampled to the pixels asked for.
    scale_um : sequence of float
        Two sizes (YX) give a plane, three (ZYX) a volume, micrometers.
    defocus_um : float
        Distance of the plane from the focus, which is the brightest plane; positive is deeper
        in the sample. Planes only.
    shape : sequence of int, optional
        Odd sides. Default: those that hold 99 % of the light (see `choose_shape`), or all that
        was measured.

    Returns
    -------
    Psf
        Values at the pixels' centres, or means over their areas with `pixel_integration`; the
        sum is 1. `warnings` tells of pixels that are too coarse or not square and of a `shape`
        that cuts light off.

    Raises
    ------
    UserError
        A size that is not above 0, an even or empty shape, an aperture above an index, a
        defocus of a volume, or a measured file that cannot be used.

    Examples
    --------
    >>> psf = compute_psf(PsfSettings(), (0.05, 0.05), shape=(65, 65))
    >>> psf.array.shape, round(float(psf.array.sum()), 6), bool(psf.array.argmax() == 65 * 65 // 2)
    ((65, 65), 1.0, True)
    """
    sizes = check_sizes(scale_um)
    if defocus_um and len(sizes) == 3:
        raise UserError("A volume has its own focus: defocus is for single planes.")
    if not np.isfinite(defocus_um):
        raise UserError(f"The defocus is {defocus_um} µm: give a finite number.")
    sides = None if shape is None else _check_shape(shape, len(sizes))
    if isinstance(source, PsfSettings):
        check_optics(source)
        is_large = sides is not None and np.prod(sides, dtype=float) > KEPT_VOXELS
        compute = _compute.__wrapped__ if is_large else _compute
        return compute(source, sizes, float(defocus_um), sides)
    return _place(source, sizes, float(defocus_um), sides, stamp_file(source))


def _check_shape(shape: Sequence[int], ndim: int) -> tuple[int, ...]:
    sides = tuple(int(side) for side in shape)
    if len(sides) != ndim:
        raise UserError(f"Shape {spell_shape(sides)} does not fit {ndim} pixel sizes.")
    if any(side < 1 or side % 2 == 0 for side in sides):
        raise UserError(
            f"The PSF's shape is {spell_shape(sides)}: give odd sides, so that it has a middle."
        )
    if np.prod(sides, dtype=float) > LARGEST_VOXELS:
        raise UserError(
            f"The PSF's shape is {spell_shape(sides)}: at most {LARGEST_VOXELS:,} pixels are made."
        )
    return sides


_place = lru_cache(maxsize=KEPT)(place_measured)


@lru_cache(maxsize=KEPT)
def _compute(
    settings: PsfSettings,
    scale_um: tuple[float, ...],
    defocus_um: float,
    shape: tuple[int, ...] | None,
) -> Psf:
    sides = shape or choose_shape(settings, scale_um, defocus_um)
    make = _sample_gaussian if settings.model == "gaussian" else _sample_diffraction
    values = make(settings, scale_um, defocus_um, sides)
    warnings = list_sampling_warnings(settings, scale_um)
    if shape is not None or settings.model != "gaussian":
        warnings += _list_cuts(settings, values, scale_um)
    return build_psf(values if len(scale_um) == 3 else values[0], scale_um, warnings)


def _sample_diffraction(
    settings: PsfSettings, scale_um: tuple[float, ...], defocus_um: float, sides: tuple[int, ...]
) -> Doubles:
    """Share of a plane's light per pixel, ZYX."""
    *_, height, width = (side // 2 for side in sides)
    dy, dx = scale_um[-2:]
    planes = np.array([defocus_um])
    if len(sides) == 3:
        planes = (np.arange(sides[0]) - sides[0] // 2) * scale_um[0]
    reach = float(np.hypot((height + 0.5) * dy, (width + 0.5) * dx))
    profile = measure_profile(settings, reach, planes)
    y, x = np.arange(height + 1) * dy, np.arange(width + 1) * dx
    parts = product(zip(*_part(settings, dy), strict=True), zip(*_part(settings, dx), strict=True))
    quadrant = np.zeros((len(planes), height + 1, width + 1))
    for (a, share_y), (b, share_x) in parts:
        radii, places = np.unique(np.hypot((y + a)[:, None], x + b), return_inverse=True)
        found = profile.interpolate(radii)[:, places.reshape(height + 1, width + 1)]
        quadrant += share_y * share_x * found
    values = np.pad(quadrant, ((0, 0), (height, 0), (width, 0)), mode="reflect")
    return values * (dy * dx)


def _part(settings: PsfSettings, size_um: float) -> tuple[Doubles, Doubles]:
    """Places in a pixel whose mean is taken, from its centre, and their shares: Gauss–Legendre."""
    finest = settings.emission_nm / 1000 / (4 * settings.numerical_aperture)
    count = min(3 + ceil(size_um / finest), MOST_NODES) if settings.pixel_integration else 1
    nodes, shares = np.polynomial.legendre.leggauss(count)
    return nodes * size_um / 2, shares / 2


def _sample_gaussian(
    settings: PsfSettings, scale_um: tuple[float, ...], defocus_um: float, sides: tuple[int, ...]
) -> Doubles:
    """The Gaussian of the diffraction's widths, ZYX; out of focus it widens as a beam."""
    axial, lateral = measure_fwhms_um(settings)
    lateral *= float(np.hypot(1, 2 * defocus_um / axial))
    fwhms = (axial, lateral, lateral)[-len(sides) :]
    values = np.ones((1,) * (3 - len(sides)))
    for side, size, fwhm in zip(sides, scale_um, fwhms, strict=True):
        within, shares = _part(settings, size) if fwhm == lateral else (np.zeros(1), np.ones(1))
        places = ((np.arange(side) - side // 2) * size)[:, None] + within
        curve = np.exp(-4 * np.log(2) * (places / fwhm) ** 2) @ shares
        values = values[..., None] * (curve * size / (fwhm / FWHM_PER_SIGMA) / np.sqrt(2 * np.pi))
    return values


def _list_cuts(settings: PsfSettings, values: Doubles, scale_um: tuple[float, ...]) -> list[str]:
    """Sentences about light that the sides cut off."""
    said = []
    sides = spell_shape(values.shape[-len(scale_um) :])
    held = values.sum(axis=(1, 2))
    share = float(held[len(held) // 2])
    diffracted = settings.microscope == "widefield" and settings.model != "gaussian"
    if diffracted and share < LEAST_SHARE:
        said.append(
            f"A PSF of {sides} pixels holds only {share:.0%} of the light of a plane: choose a "
            "larger shape."
        )
    elif diffracted and held.min() < LEAST_OUTER_SHARE:
        said.append(
            f"A PSF of {sides} pixels holds only {held.min():.0%} of the light of its outermost "
            "planes: choose a larger shape or fewer planes."
        )
    axis = values.max(axis=(1, 2))
    edge = max(axis[0], axis[-1]) / axis.max()
    if len(scale_um) == 3 and edge > EDGE_SHARE:
        said.append(
            f"A PSF of {sides} pixels still has {edge:.0%} of its peak at the ends of Z: choose "
            "more planes."
        )
    return said
