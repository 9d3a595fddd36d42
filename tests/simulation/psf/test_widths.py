"""Widths of a line that are known, and lines that have none."""

import numpy as np
import pytest

from napari_fidelity.simulation.psf.widths import measure_line_fwhm


@pytest.mark.parametrize("width", [2.6, 3.3, 9.0])
@pytest.mark.parametrize("centre", [0.0, 0.4])
def test_a_gaussian_between_pixels(width, centre):
    line = np.exp(-4 * np.log(2) * ((np.arange(-20, 21) - centre) / width) ** 2)
    assert measure_line_fwhm(line) == pytest.approx(width, rel=0.03)


@pytest.mark.parametrize("line", [[1.0, 2.0, 1.0], np.ones(9), np.arange(9.0)])
def test_a_line_that_does_not_fall_to_half_has_no_width(line):
    assert np.isnan(measure_line_fwhm(line))
