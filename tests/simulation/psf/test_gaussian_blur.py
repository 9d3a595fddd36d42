"""The blur keeps the light and has the stated width."""

import numpy as np
import pytest
from scipy import interpolate

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf.gaussian_blur import GaussianPsf, blur_widely, blur_with_psf

PSF = GaussianPsf(lateral_fwhm_um=0.6, axial_fwhm_um=1.5)


def measure_fwhm(profile, step_um):
    """Distance between the two half-maximum crossings of a cubic spline through the profile."""
    place = np.arange(len(profile)) * step_um
    spline = interpolate.CubicSpline(place, profile - profile.max() / 2)
    roots = spline.roots(extrapolate=False)
    return roots[-1] - roots[0]


def test_point_has_the_stated_width_along_every_axis():
    point = np.zeros((41, 61, 61))
    point[20, 30, 30] = 1
    blurred = blur_with_psf(point, PSF, (0.2, 0.1, 0.1))
    assert measure_fwhm(blurred[20, 30], 0.1) == pytest.approx(0.6, rel=0.01)
    assert measure_fwhm(blurred[20, :, 30], 0.1) == pytest.approx(0.6, rel=0.01)
    assert measure_fwhm(blurred[:, 30, 30], 0.2) == pytest.approx(1.5, rel=0.01)


def test_light_is_conserved_even_at_the_border():
    picture = np.zeros((40, 40), np.float32)
    picture[0, 0], picture[20, 20] = 3, 5
    assert blur_with_psf(picture, PSF, (0.1, 0.1)).sum() == pytest.approx(8, rel=1e-5)
    assert blur_widely(picture, 1.0, (0.1, 0.1)).sum() == pytest.approx(8, rel=1e-5)


def test_defocus_by_half_the_axial_width_halves_the_peak():
    point = np.zeros((101, 101))
    point[50, 50] = 1
    sharp = blur_with_psf(point, PSF, (0.1, 0.1))
    soft = blur_with_psf(point, PSF, (0.1, 0.1), defocus_um=-0.75)
    assert sharp.max() / soft.max() == pytest.approx(2, rel=0.01)


def test_wide_blur_has_the_stated_standard_deviation():
    point = np.zeros((201, 201), np.float32)
    point[100, 100] = 1
    profile = blur_widely(point, 1.2, (0.1, 0.1)).sum(axis=0)
    variance = (profile * (np.arange(201) - 100) ** 2).sum() * 0.1**2
    assert np.sqrt(variance) == pytest.approx(1.2, rel=0.05)


def test_unusable_input_is_refused():
    with pytest.raises(UserError, match="YX or ZYX"):
        blur_with_psf(np.zeros((4, 4)), PSF, (0.1, 0.1, 0.1))
    with pytest.raises(UserError, match="single planes"):
        blur_with_psf(np.zeros((4, 4, 4)), PSF, (0.1, 0.1, 0.1), defocus_um=1)
    with pytest.raises(UserError, match="lateral_fwhm_um"):
        GaussianPsf.parse({"lateral_fwhm_um": -1})
