"""Widths of a PSF, measured on its pixels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import interpolate

from napari_fidelity.simulation.psf.kernel import Psf


def measure_fwhm_um(psf: Psf) -> tuple[float, ...]:
    """Full width at half maximum along each axis through the brightest pixel, micrometers.

    Between pixels a cubic spline is taken, its own maximum included; NaN where the PSF does not
    fall to half within its pixels, or has fewer than four along that axis.

    Examples
    --------
    >>> from napari_fidelity.simulation.psf.compute import compute_psf
    >>> from napari_fidelity.simulation.psf.settings import PsfSettings
    >>> psf = compute_psf(PsfSettings(), (0.05, 0.05), shape=(65, 65))
    >>> [round(width * 1.4 / 0.52, 3) for width in measure_fwhm_um(psf)]
    [0.514, 0.514]
    """
    peak = np.unravel_index(int(psf.array.argmax()), psf.array.shape)
    widths = []
    for axis, size in enumerate(psf.scale_um):
        line = psf.array[tuple(slice(None) if a == axis else peak[a] for a in range(len(peak)))]
        widths.append(measure_line_fwhm(line) * size)
    return tuple(widths)


def measure_line_fwhm(line: npt.ArrayLike) -> float:
    """Full width at half maximum around the highest value of `line`, in samples; else NaN.

    Examples
    --------
    >>> places = np.arange(-20, 21)
    >>> round(measure_line_fwhm(np.exp(-4 * np.log(2) * (places / 6) ** 2)), 3)
    6.0
    """
    values = np.asarray(line, np.float64)
    if len(values) < 4:
        return float("nan")
    curve = interpolate.CubicSpline(np.arange(len(values)), values)
    top = int(values.argmax())
    extrema = curve.derivative().roots(extrapolate=False)
    near = extrema[np.abs(extrema - top) <= 1]
    height = max(values[top], *curve(near)) if len(near) else values[top]
    crossings = curve.solve(height / 2, extrapolate=False)
    left, right = crossings[crossings < top], crossings[crossings > top]
    if not len(left) or not len(right):
        return float("nan")
    return float(right.min() - left.max())
