"""Every objective of the list can be used, and its PSF has the width of its aperture."""

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf import OBJECTIVES, PsfSettings, compute_psf, measure_fwhm_um
from napari_fidelity.simulation.psf.sampling import critical_sizes_um


@pytest.mark.parametrize("key", OBJECTIVES)
def test_objective_makes_a_psf(key):
    spec = OBJECTIVES[key]
    settings = spec.apply(PsfSettings(emission_nm=600, depth_um=7))
    assert (settings.emission_nm, settings.depth_um) == (600, 7)
    assert f"{spec.numerical_aperture:g}" in spec.title
    pixel = 0.6 * critical_sizes_um(settings)[1]
    psf = compute_psf(settings, (pixel, pixel), shape=(41, 41))
    expected = 0.5145 * 0.6 / spec.numerical_aperture
    assert measure_fwhm_um(psf)[0] == pytest.approx(expected, rel=5e-3)


def test_the_usual_range_is_there():
    apertures = [spec.numerical_aperture for spec in OBJECTIVES.values()]
    assert {0.3, 0.8, 1.2, 1.4} <= set(apertures)
    with pytest.raises(UserError, match="no objective '7x'"):
        OBJECTIVES["7x"]
