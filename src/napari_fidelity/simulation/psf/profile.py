"""Radial profiles of a PSF, widefield or confocal, by the model of its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy import interpolate, optimize

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf.pupil import Pupil, list_layers
from napari_fidelity.simulation.psf.settings import PsfSettings, check_optics

Doubles = npt.NDArray[np.float64]
STEPS_PER_NYQUIST = 8  # of the radial grid, between samples λ/(4 NA) apart
FARTHEST_AIRY = 100  # λ/NA, beyond which lies 0.1 % of the Airy pattern's light
CONE_MARGIN, STEEPEST = 2, 10
LARGEST_RADII = 20_000
AIRY_DIAMETER = 1.2197  # of the first dark ring, over λ/NA


@dataclass(frozen=True)
class Profile:
    """Intensity over the distance from the axis, plane by plane.

    Attributes
    ----------
    r_um : ndarray
        Radii, from 0 in equal steps.
    values : ndarray
        z × r, per µm²; one plane of a widefield microscope in total holds 1.
    """

    r_um: Doubles
    values: Doubles

    def interpolate(self, r_um: Doubles) -> Doubles:
        """Intensity at other radii, z × (shape of `r_um`), by cubic splines; 0 farther out."""
        slopes = ((1, np.zeros(len(self.values))), "not-a-knot")
        spline = interpolate.CubicSpline(self.r_um, self.values.T, bc_type=slopes)
        found = np.moveaxis(np.maximum(spline(r_um), 0), -1, 0)
        return np.where(r_um <= self.r_um[-1], found, 0.0)


def radial_step_um(settings: PsfSettings) -> float:
    """Step of a radial grid fine enough for cubic splines."""
    shortest = min(settings.emission_nm, settings.excitation_nm)
    if settings.microscope == "widefield":
        shortest = settings.emission_nm
    return shortest / 1000 / (4 * settings.numerical_aperture * STEPS_PER_NYQUIST)


def measure_profile(
    settings: PsfSettings, r_max_um: float, z_um: Doubles, *, stride: int = 1
) -> Profile:
    """Intensity in planes `z_um` away from the brightest one, from the axis to `r_max_um`.

    It ends where less than 0.2 % of the light is left, and where 20 000 radii are reached. With
    a `stride` of up to 8 radii are fewer: enough for sums, too few for splines.

    Raises
    ------
    UserError
        The aperture is above an index of refraction, or planes so far from focus are asked for
        that their light lies beyond the last radius.
    """
    check_optics(settings)
    step = stride * radial_step_um(settings)
    airy = settings.emission_nm / 1000 / settings.numerical_aperture
    distance = float(np.abs(z_um).max())
    depth = settings.depth_um if settings.model == "gibson-lanni" else 0.0
    cone = CONE_MARGIN * find_slope(settings)
    limit = LARGEST_RADII * step
    allowed = list_pupils(settings)[0].farthest_um
    if r_max_um > limit:
        allowed = min(allowed, limit / cone)
    if distance > allowed:
        raise UserError(
            f"Light {distance:g} µm from focus cannot be computed at NA "
            f"{settings.numerical_aperture:g}: stay within {allowed:.3g} µm of the focus."
        )
    farthest = min(r_max_um, limit, FARTHEST_AIRY * airy + cone * (distance + depth))
    radii = np.arange(0, farthest + 5 * step, step)
    return Profile(radii, _diffract(settings, radii, z_um))


def find_slope(settings: PsfSettings) -> float:
    """Radius of the cone of light over the distance from focus, 10 at most."""
    aperture, index = settings.numerical_aperture, settings.immersion_index
    return aperture / max(float(np.sqrt(index**2 - aperture**2)), aperture / STEEPEST)


def list_pupils(settings: PsfSettings) -> tuple[Pupil, ...]:
    """The detection's pupil, and for a confocal microscope that of the excitation."""
    layers = list_layers(settings)
    emission = Pupil(
        settings.emission_nm / 1000, settings.numerical_aperture, settings.immersion_index, layers
    )
    if settings.microscope == "widefield":
        return (emission,)
    return emission, replace(emission, wavelength_um=settings.excitation_nm / 1000)


def _diffract(settings: PsfSettings, radii: Doubles, z_um: Doubles) -> Doubles:
    """Widefield: the emission's intensity. Confocal: excitation × (emission ⊗ pinhole)."""
    emission, *excitation = _pupils(settings.model_copy(update={"pinhole_au": 0.0}))
    if not excitation:
        return emission.measure_intensity(radii, z_um)
    shift = emission.focus_um - excitation[0].focus_um  # the stage has one place for both
    lit = excitation[0].measure_intensity(radii, z_um + shift)
    if settings.pinhole_au == 0:
        return lit * emission.measure_intensity(radii, z_um)
    pinhole = settings.pinhole_au * AIRY_DIAMETER * emission.wavelength_um / emission.aperture / 2
    step = radii[1] - radii[0]
    far = np.arange(0, radii[-1] + pinhole + 5 * step, step)
    seen = Profile(far, emission.measure_intensity(far, z_um))
    return lit * blur_with_disc(seen, pinhole, radii, 10 + ceil(4 * settings.pinhole_au))


@lru_cache(maxsize=32)
def _pupils(settings: PsfSettings) -> tuple[Pupil, ...]:
    """Kept, because the search for the focus of an aberrated wave takes a while."""
    return list_pupils(settings)


def blur_with_disc(profile: Profile, radius_um: float, r_um: Doubles, count: int = 16) -> Doubles:
    """Integral of a round function over a disc whose centre is `r_um` from the axis, z × r.

    Midpoints over the disc's angle, `count` of them, and Gauss–Legendre over its radius with
    fewer, because angles cross the disc twice.

    Examples
    --------
    >>> radii = np.linspace(0, 3, 301)
    >>> square = Profile(radii, radii[None] ** 2)
    >>> found = blur_with_disc(square, 1.0, np.array([0.0, 2.0]))
    >>> bool(np.allclose(found, [[np.pi / 2, np.pi / 2 + 4 * np.pi]], rtol=1e-3))
    True
    """
    nodes, shares = np.polynomial.legendre.leggauss(4 + count // 2)
    cosines = np.cos((np.arange(count) + 0.5) * np.pi / count)
    total = np.zeros((len(profile.values), len(r_um)))
    for node, share in zip((1 + nodes) * radius_um / 2, shares * radius_um / 2, strict=True):
        squared = r_um[:, None] ** 2 + node**2 + 2 * r_um[:, None] * node * cosines
        places = np.sqrt(np.maximum(squared, 0))
        total += share * node * 2 * np.pi * profile.interpolate(places).mean(axis=-1)
    return total


@lru_cache(maxsize=64)
def measure_fwhms_um(settings: PsfSettings) -> tuple[float, float]:
    """Axial and lateral full width at half maximum of the diffraction without aberration.

    Examples
    --------
    >>> axial, lateral = measure_fwhms_um(PsfSettings(numerical_aperture=0.5, immersion_index=1))
    >>> round(lateral * 0.5 / 0.52, 3), round(axial * (1 - 0.75**0.5) / 0.52, 2)
    (0.514, 0.89)
    """
    free = settings.model_copy(update={"model": "born-wolf"})
    check_optics(free)
    pupil = list_pupils(free)[0]
    one_plane = measure_profile(free, 2 * pupil.lateral_fwhm_um, np.zeros(1))
    across = interpolate.CubicSpline(one_plane.r_um, one_plane.values[0])
    z = np.linspace(0, 1.5 * pupil.axial_fwhm_um, 129)
    along = interpolate.CubicSpline(z, measure_profile(free, 0.0, z).values[:, 0])
    return 2 * _find_half(along, z[-1]), 2 * _find_half(across, float(one_plane.r_um[-1]))


def _find_half(curve: Callable[[float], float], end: float) -> float:
    half = float(curve(0.0)) / 2
    places = np.linspace(0, end, 257)
    beyond = float(places[np.argmax([float(curve(x)) < half for x in places])])
    return float(optimize.brentq(lambda x: float(curve(x)) - half, 0.0, beyond))
