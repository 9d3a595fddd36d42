"""Scalar diffraction by a round pupil: intensity around the focus, from one integral.

A point at depth d below the coverslip, seen with the focus moved by z from it, has in the
distance r from the axis the intensity ``|A|²`` with

    A(r, z) = ∫ J₀(k r q) exp(i k [W(q) - z √(n² - q²)]) q dq,   0 ≤ q ≤ NA,   k = 2π/λ,

where q is the numerical aperture of a ray, n the index of the immersion and W the optical path
difference of Gibson & Lanni (J. Opt. Soc. Am. A 9, 154, 1992),

    W(q) = d √(n_s² - q²) + t_g √(n_g² - q²) - t_g* √(n_g*² - q²) + t_i* [√(n² - q²) - √(n*² - q²)],

with the values of the design marked by a star. W = 0 is the diffraction of a spherical wave in one
medium (Born & Wolf, Principles of Optics, 8.8) with its defocus taken exactly, not paraxially:
in focus it is the Airy pattern (2 J₁(v)/v)², v = k NA r. Rays that are totally reflected at the
sample (q > n_s) reach it as an evanescent wave: their root is imaginary and damps with depth.
By Parseval's theorem ∫ |A|² r dr = ∫ |exp(i k W)|² q dq / k² in every plane z. Intensities are
divided by 2π times that: they are shares of a plane's light per µm².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import ceil, pi

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from napari_fidelity.simulation.psf.settings import PsfSettings

Doubles = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]
PANEL_NODES = 24  # of Gauss–Legendre; each panel takes this many radians of phase
LARGEST_PANELS = 1000
LARGEST_BLOCK = 2**22  # numbers of the Bessel function that are held at a time
OUTER_RAYS = 0.97  # of the aperture: beyond, total reflection moves foci to infinity
FINER = 4  # places on the axis per finest detail that the light can have
SINC_FWHM = 0.8859  # full width at half maximum of sinc²
AIRY_FWHM = 0.5145  # of the Airy pattern, over λ/NA


@dataclass(frozen=True)
class Pupil:
    """The exit pupil of an objective at one wavelength.

    Parameters
    ----------
    wavelength_um : float
        In vacuum.
    aperture : float
        Numerical aperture.
    index : float
        Of the immersion.
    layers : sequence of (float, float)
        Thickness in µm (negative: the light was corrected for it) and refractive index.
    """

    wavelength_um: float
    aperture: float
    index: float
    layers: tuple[tuple[float, float], ...] = ()

    @property
    def wavenumber(self) -> float:
        """2π/λ in vacuum, rad/µm."""
        return 2 * pi / self.wavelength_um

    @property
    def axial_fwhm_um(self) -> float:
        """Length of the focus without aberration, 0.886 λ / (n - √(n² - NA²))."""
        return SINC_FWHM * self.wavelength_um / (self.index - self._steepest)

    @property
    def lateral_fwhm_um(self) -> float:
        """Width of the Airy disc, 0.514 λ/NA."""
        return AIRY_FWHM * self.wavelength_um / self.aperture

    @property
    def farthest_um(self) -> float:
        """Distance from focus up to which the integral has points enough."""
        return LARGEST_PANELS * PANEL_NODES / 2 / self.wavenumber / (self.index - self._steepest)

    @property
    def _steepest(self) -> float:
        return float(np.sqrt(self.index**2 - self.aperture**2))

    @cached_property
    def focus_um(self) -> float:
        """Where along the axis the intensity is greatest; 0 without aberration."""
        return self._find_focus() if self.layers else 0.0

    def measure_intensity(self, r_um: npt.ArrayLike, z_um: npt.ArrayLike) -> Doubles:
        """Share of a plane's light per µm², z × r, at `z_um` from `focus_um`.

        Examples
        --------
        >>> pupil = Pupil(wavelength_um=0.52, aperture=1.4, index=1.515)
        >>> first_zero = 0.6098 * 0.52 / 1.4
        >>> centre, dark = pupil.measure_intensity([0, first_zero], [0])[0]
        >>> round(float(centre) / (np.pi * (1.4 / 0.52) ** 2), 6), bool(dark < 1e-6 * centre)
        (1.0, True)
        """
        radii, planes = (np.atleast_1d(np.asarray(x, np.float64)) for x in (r_um, z_um))
        return self._measure(radii, planes + self.focus_um)

    def _measure(self, radii: Doubles, planes: Doubles) -> Doubles:
        k = self.wavenumber
        q, weights, path = self._sample(float(radii.max()), planes)
        wave = weights * np.exp(1j * k * path)
        energy = 2 * pi / k**2 * float((np.abs(wave) ** 2 / weights).sum())
        cosines = np.sqrt(self.index**2 - q**2)
        waves = wave * np.exp(-1j * k * planes[:, None] * cosines)
        parts = np.array_split(radii, len(radii) * len(q) // LARGEST_BLOCK + 1)
        field = np.hstack([waves @ special.j0(k * np.outer(q, part)) for part in parts])
        return np.asarray(field.real**2 + field.imag**2) / energy

    def _sample(self, reach_um: float, planes: Doubles) -> tuple[Doubles, Doubles, Complexes]:
        """Apertures q of the rays, their weights q dq, and their path differences in µm."""
        ends = self._panel_edges()
        rough = self.index * np.sin(np.linspace(0, ends[-1], 257))
        cosines = np.sqrt(self.index**2 - rough**2)[:, None]
        paths = self._path(rough)[:, None].real - planes * cosines
        phase = self.wavenumber * (
            reach_um * self.aperture + float(np.abs(np.diff(paths, axis=0)).sum(axis=0).max())
        )
        most = phase * (np.pi / 2 if len(ends) > 2 else 1)
        count = min(2 + ceil(most / PANEL_NODES), LARGEST_PANELS)
        edges = np.linspace(0, 1, count + 1)
        nodes, shares = np.polynomial.legendre.leggauss(PANEL_NODES)
        half = 0.5 / count
        along = (edges[:-1, None] + half * (1 + nodes)).ravel()
        steps = np.tile(shares * half, count)
        pieces = [_spread(a, b, along, bent=len(ends) > 2) for a, b in pairwise(ends)]
        angles, slopes = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
        q = self.index * np.sin(angles)
        weights = np.tile(steps, len(pieces)) * slopes * self.index * np.cos(angles) * q
        return q, weights, self._path(q)

    def _panel_edges(self) -> list[float]:
        """Angles between which the path is smooth: it bends where a layer reflects totally."""
        bends = {index for _, index in self.layers if index < self.aperture}
        return [0.0, *(float(np.arcsin(q / self.index)) for q in sorted({*bends, self.aperture}))]

    def _path(self, q: Doubles) -> Complexes:
        path = np.zeros(q.shape, np.complex128)
        for thickness, index in self.layers:
            path += thickness * np.sqrt(np.asarray(index**2 - q**2, np.complex128))
        return path

    def _find_focus(self) -> float:
        """The brightest place on the axis between the foci of the inner and the outer rays.

        With c = √(n² - q²) the amplitude on the axis is ∫ exp(i k W) exp(-i k z c) c dc, a Fourier
        transform: all places are had at once, and the best one is then made precise.
        """
        limit = min(self.aperture, *(index for _, index in self.layers))
        q = np.linspace(0, OUTER_RAYS * limit, 65)
        cosine = np.sqrt(self.index**2 - q**2)
        foci = sum(t * cosine / np.sqrt(n**2 - q**2) for t, n in self.layers)
        pad = 2 * self.axial_fwhm_um
        low, high = float(np.min(foci)) - pad, float(np.max(foci)) + pad
        span = self.index - self._steepest
        count = 128 + ceil(2 * (high - low) * span / self.wavelength_um)
        c = self._steepest + (np.arange(count) + 0.5) * span / count
        paths = self._path(np.sqrt(self.index**2 - c**2)) - low * c
        length = FINER * count
        axis = np.abs(np.fft.fft(c * np.exp(1j * self.wavenumber * paths), length))
        step = self.wavelength_um * count / span / length
        best = low + step * float(np.argmax(axis[: ceil((high - low) / step)]))
        found = optimize.minimize_scalar(
            lambda z: -self._measure(np.zeros(1), np.array([z]))[0, 0],
            bounds=(best - step, best + step),
            method="bounded",
            options={"xatol": 1e-3 * step},
        )
        return float(found.x)


def _spread(low: float, high: float, u: Doubles, *, bent: bool) -> tuple[Doubles, Doubles]:
    """Angles from `low` to `high` for `u` from 0 to 1, and their slopes.

    Where a layer reflects totally the path goes as a square root: sin² makes it smooth.
    """
    if not bent:
        return low + (high - low) * u, np.full(u.shape, high - low)
    angles = low + (high - low) * np.sin(np.pi / 2 * u) ** 2
    return angles, (high - low) * np.pi / 2 * np.sin(np.pi * u)


def list_layers(settings: PsfSettings) -> tuple[tuple[float, float], ...]:
    """Thickness (µm) and index of what the light passes beyond the design; none if as designed.

    Examples
    --------
    >>> list_layers(PsfSettings(model="gibson-lanni", depth_um=5, sample_index=1.33))
    ((5.0, 1.33),)
    """
    if settings.model != "gibson-lanni":
        return ()
    designed = settings.design_immersion_index or settings.immersion_index
    layers: Sequence[tuple[float, float]] = [
        (settings.depth_um, settings.sample_index),
        (settings.coverslip_um, settings.coverslip_index),
        (-settings.design_coverslip_um, settings.design_coverslip_index),
        (settings.working_distance_um, settings.immersion_index),
        (-settings.working_distance_um, designed),
    ]
    sums: dict[float, float] = {}
    for thickness, index in layers:
        sums[index] = sums.get(index, 0.0) + thickness
    return tuple((thickness, index) for index, thickness in sums.items() if thickness)
