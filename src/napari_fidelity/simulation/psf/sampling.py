"""Which pixels a PSF needs: how fine, and how many."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.psf.gaussian_blur import FWHM_PER_SIGMA
from napari_fidelity.simulation.psf.profile import (
    find_slope,
    list_pupils,
    measure_fwhms_um,
    measure_profile,
)
from napari_fidelity.simulation.psf.settings import PsfSettings

Doubles = npt.NDArray[np.float64]
HELD = 0.99  # share of the light that the chosen sides hold
LARGEST_PLANE_PX, LARGEST_SIDE_PX, LARGEST_DEPTH_PX = 511, 129, 65  # 2-D; 3-D lateral, axial
AXIAL_END = 0.01  # of the peak, where a widefield volume may end
FREE_LENGTHS, ABERRATED_LENGTHS = 8, 40  # axial FWHMs beyond which a volume never goes
GAUSSIAN_SIGMAS = 3.6
STRIDE = 4  # of radii where only sums are wanted
COARSE = 1.05  # times the critical size
UNEVEN = 1.01


def critical_sizes_um(settings: PsfSettings) -> tuple[float, float]:
    """Largest z step and pixel size that lose nothing (Nyquist), µm.

    Half the period of the finest detail that passes: λ/(4 NA) across and
    λ/2/(n - √(n² - NA²)) along the axis. Of a confocal microscope the bands of excitation and
    detection add, the latter up to the first zero of the pinhole's transfer, NA/(λ·pinhole).

    Examples
    --------
    >>> z, pixel = critical_sizes_um(PsfSettings(numerical_aperture=0.5, immersion_index=1))
    >>> round(pixel, 3), round(z, 2)
    (0.26, 1.94)
    """
    emission, *excitation = list_pupils(settings)
    across = 2 * emission.aperture / emission.wavelength_um
    spread = emission.index - float(np.sqrt(emission.index**2 - emission.aperture**2))
    along = spread / emission.wavelength_um
    if excitation:
        passed = 1 / max(1.0, 2 * settings.pinhole_au)
        ratio = emission.wavelength_um / excitation[0].wavelength_um
        across, along = across * (passed + ratio), along * (passed + ratio)
    return 1 / (2 * along), 1 / (2 * across)


def list_sampling_warnings(settings: PsfSettings, scale_um: Sequence[float]) -> list[str]:
    """Sentences about pixels that are too coarse for these optics, or not square.

    Examples
    --------
    >>> list_sampling_warnings(PsfSettings(), (0.05, 0.05))
    []
    >>> print(*list_sampling_warnings(PsfSettings(), (0.2, 0.2)))
    Pixels of 0.2 µm are too coarse for NA 1.4 at 520 nm, which needs 0.0929 µm or finer: ...
    """
    z_limit, limit = critical_sizes_um(settings)
    optics = f"NA {settings.numerical_aperture:g} at {settings.emission_nm:g} nm"
    coarsest, finest = max(scale_um[-2:]), min(scale_um[-2:])
    said = []
    if coarsest > COARSE * limit:
        said.append(
            f"Pixels of {coarsest:g} µm are too coarse for {optics}, which needs {limit:.3g} µm or "
            "finer: the PSF is undersampled."
        )
    if len(scale_um) == 3 and scale_um[0] > COARSE * z_limit:
        said.append(
            f"Steps of {scale_um[0]:g} µm along Z are too coarse for {optics}, which needs "
            f"{z_limit:.3g} µm or finer: the PSF is undersampled along Z."
        )
    if coarsest > UNEVEN * finest:
        said.append(
            f"Pixels of {scale_um[-2]:g}×{scale_um[-1]:g} µm (Y×X) are not square: the PSF has "
            "different widths in pixels along Y and X."
        )
    return said


def choose_shape(
    settings: PsfSettings, scale_um: Sequence[float], defocus_um: float = 0.0
) -> tuple[int, ...]:
    """Odd sides that hold 99 % of the light, at most 511² for a plane and 65×129² for a volume.

    Every plane of a widefield microscope holds the same light however far from focus: there a
    volume ends where the axis is darker than 1 % of the peak, and 99 % is meant for its planes.

    Examples
    --------
    >>> choose_shape(PsfSettings(numerical_aperture=0.8, immersion_index=1), (0.1, 0.1))
    (139, 139)
    """
    volume = len(scale_um) == 3
    if settings.model == "gaussian":
        return _choose_for_gaussian(settings, scale_um, defocus_um)
    most = LARGEST_SIDE_PX if volume else LARGEST_PLANE_PX
    half = _count_planes(settings, scale_um[0]) if volume else 0
    step = scale_um[0] if volume else 1.0
    planes = np.arange(-half, half + 1, dtype=np.float64) * step + defocus_um
    radii, light, axis = _gather_light(settings, min(scale_um[-2:]) * (most // 2), planes)
    depth = _choose_depth(settings, axis, light[:, -1]) if volume else 0
    light = light[half - depth : half + depth + 1]
    held = light.min(axis=0) if settings.microscope == "widefield" else light.sum(axis=0)
    enough = held >= HELD * (1 if settings.microscope == "widefield" else held[-1])
    reach = radii[np.argmax(enough)] if enough.any() else radii[-1]
    sides = tuple(_odd(reach / size, most) for size in scale_um[-2:])
    return (2 * depth + 1, *sides) if volume else sides


def _count_planes(settings: PsfSettings, z_step_um: float) -> int:
    """Planes on each side of the brightest one that are worth a look."""
    lengths = ABERRATED_LENGTHS if settings.model == "gibson-lanni" else FREE_LENGTHS
    length = list_pupils(settings)[0].axial_fwhm_um
    return min(max(1, ceil(lengths * length / z_step_um)), LARGEST_DEPTH_PX // 2)


def _gather_light(
    settings: PsfSettings, widest_um: float, planes: Doubles
) -> tuple[Doubles, Doubles, Doubles]:
    """Radii; the light within each, plane × radius; the intensity on the axis of each plane.

    Radii go as far as every plane holds 99 % of its light, or to `widest_um`.
    """
    airy = settings.emission_nm / 1000 / settings.numerical_aperture
    reach = 12 * airy + 1.2 * min(find_slope(settings), 4) * float(abs(planes).max())
    if settings.microscope == "confocal":  # its light stays near the axis
        reach /= 2
    while True:
        profile = measure_profile(settings, min(reach, widest_um), planes, stride=STRIDE)
        step, axis = profile.r_um[1], profile.values[:, 0]
        rings = 2 * np.pi * step * profile.values * profile.r_um
        inside = np.cumsum(rings, axis=1) + np.pi / 6 * step**2 * axis[:, None]  # Euler–Maclaurin
        done = settings.microscope == "confocal" or inside[:, -1].min() >= HELD
        if done or reach >= min(widest_um, 2 * profile.r_um[-1]):
            return profile.r_um, inside, axis
        reach *= 2


def _choose_depth(settings: PsfSettings, axis: Doubles, totals: Doubles) -> int:
    """Planes on each side of the brightest one, from the axis or the light of every plane."""
    half = len(axis) // 2
    away = np.abs(np.arange(-half, half + 1))
    if settings.microscope == "widefield":
        return min(int(away[axis > AXIAL_END * axis[half]].max()) + 1, half)
    held = np.cumsum(np.bincount(away, weights=totals))
    return int(np.argmax(held >= HELD * held[-1]))


def _choose_for_gaussian(
    settings: PsfSettings, scale_um: Sequence[float], defocus_um: float
) -> tuple[int, ...]:
    axial, lateral = measure_fwhms_um(settings)
    widening = float(np.hypot(1, 2 * defocus_um / axial))
    fwhms = (axial, lateral * widening, lateral * widening)[-len(scale_um) :]
    most = (LARGEST_DEPTH_PX, LARGEST_SIDE_PX, LARGEST_SIDE_PX)
    if len(scale_um) == 2:
        most = (LARGEST_PLANE_PX,) * 3
    return tuple(
        _odd(GAUSSIAN_SIGMAS * fwhm / FWHM_PER_SIGMA / size, limit)
        for fwhm, size, limit in zip(fwhms, scale_um, most[-len(scale_um) :], strict=True)
    )


def _odd(half_px: float, most: int) -> int:
    return int(min(max(2 * ceil(half_px) + 1, 3), most))
