"""Diffraction against closed forms and against the package psfmodels."""

import numpy as np
import pytest
from scipy import integrate, special

from napari_fidelity.simulation.psf.pupil import Pupil, list_layers
from napari_fidelity.simulation.psf.settings import PsfSettings

OIL = Pupil(wavelength_um=0.52, aperture=1.4, index=1.515)
AIR = Pupil(wavelength_um=0.6, aperture=0.3, index=1.0)


@pytest.mark.parametrize("pupil", [OIL, AIR])
def test_focal_plane_is_the_airy_pattern(pupil):
    r = np.linspace(0.01, 6, 300) * pupil.wavelength_um / pupil.aperture
    v = pupil.wavenumber * pupil.aperture * r
    airy = (2 * special.j1(v) / v) ** 2
    found = pupil.measure_intensity(np.append(r, 0), [0])[0]
    np.testing.assert_allclose(found[:-1] / found[-1], airy, atol=1e-10)


@pytest.mark.parametrize("pupil", [OIL, AIR])
def test_first_zero_is_at_061_wavelengths_over_the_aperture(pupil):
    r = np.linspace(0.5, 0.7, 2001)
    profile = pupil.measure_intensity(r * pupil.wavelength_um / pupil.aperture, [0])[0]
    assert r[profile.argmin()] == pytest.approx(0.6098, abs=2e-4)


def test_axis_of_a_low_aperture_is_a_squared_sinc():
    z = np.linspace(0, 40, 200)
    found = AIR.measure_intensity([0], z)[:, 0]
    paraxial = np.sinc(z * AIR.aperture**2 / (2 * AIR.wavelength_um)) ** 2
    np.testing.assert_allclose(found / found[0], paraxial, atol=0.025)  # (NA/n)²/4


@pytest.mark.parametrize(
    "pupil",
    [OIL, AIR, Pupil(0.52, 1.4, 1.515, layers=((4.0, 1.33),))],
    ids=["oil", "air", "oil into water"],
)
def test_every_plane_carries_the_same_light(pupil):
    unit = pupil.wavelength_um / pupil.aperture
    r = np.linspace(0, 100, 4001) * unit
    z = np.array([0, 1.5, -3.0]) * pupil.axial_fwhm_um
    light = integrate.simpson(pupil.measure_intensity(r, z) * 2 * np.pi * r, x=r)
    v = 2 * np.pi * 100
    outside = special.j0(v) ** 2 + special.j1(v) ** 2  # Rayleigh, in focus
    # Rays close to total reflection leave the sample so flat that they pass far outside.
    tolerance = 0.01 if pupil.layers else 2e-4
    assert light[0] + outside == pytest.approx(1, abs=tolerance)
    np.testing.assert_allclose(light, light[0], atol=10 * tolerance if pupil.layers else 2e-3)


def test_gibson_lanni_as_designed_is_born_wolf():
    settings = PsfSettings(model="gibson-lanni", depth_um=0, sample_index=1.33)
    assert list_layers(settings) == ()
    deep = PsfSettings(model="gibson-lanni", depth_um=25, sample_index=1.515)
    pupil = Pupil(0.52, 1.4, 1.515, list_layers(deep))
    assert pupil.focus_um == pytest.approx(25, abs=1e-3)  # the same medium all the way
    r, z = np.linspace(0, 1, 20), np.array([-0.4, 0, 0.7])
    free = OIL.measure_intensity(r, z)
    np.testing.assert_allclose(pupil.measure_intensity(r, z), free, rtol=0.02, atol=1e-3)


@pytest.mark.parametrize(("aperture", "depth_um"), [(0.9, 50.0), (1.2, 30.0), (1.4, 10.0)])
def test_focus_is_the_brightest_place_on_the_axis(aperture, depth_um):
    pupil = Pupil(0.52, aperture, 1.515, layers=((depth_um, 1.33),))
    around = np.linspace(-0.15, 0.6, 3001) * depth_um
    axis = pupil.measure_intensity([0], around)[:, 0]
    assert abs(around[axis.argmax()]) < 0.1 * pupil.axial_fwhm_um


@pytest.mark.parametrize(
    ("settings", "theirs"),
    [
        ({}, {}),
        ({"depth_um": 10.0, "numerical_aperture": 1.3}, {"pz": 10.0, "NA": 1.3}),
        (
            {"coverslip_um": 180.0, "immersion_index": 1.33, "numerical_aperture": 1.2},
            {"tg": 180.0, "ni": 1.33, "ni0": 1.33, "NA": 1.2},
        ),
        (
            {"design_immersion_index": 1.52, "sample_index": 1.4, "numerical_aperture": 1.3},
            {"ni0": 1.52, "ns": 1.4, "NA": 1.3},
        ),
    ],
    ids=["as designed", "deep", "thick coverslip", "wrong oil"],
)
def test_aberrations_are_those_of_psfmodels(settings, theirs):
    """Peaks lie at other stage positions there, because z = 0 is the paraxial focus."""
    psfmodels = pytest.importorskip("psfmodels")
    ours = PsfSettings(model="gibson-lanni", **{"sample_index": 1.33, **settings})
    pupil = Pupil(0.52, ours.numerical_aperture, ours.immersion_index, list_layers(ours))
    optics = {"NA": 1.4, "ns": 1.33, "ni": 1.515, "ni0": 1.515, "ng": 1.515, "ng0": 1.515}
    optics |= {"tg": 170.0, "tg0": 170.0, "ti0": 150.0, "pz": 0.0, "wvl": 0.52, **theirs}
    z = np.linspace(-3, 15, 1801)
    pixel = 0.01
    made = psfmodels.make_psf(z, nx=3, dxy=pixel, model="scalar", **optics)
    axis = made[:, 1, 1] / made[:, 1, 1].max()
    top = int(axis.argmax())
    near = slice(max(top - 150, 0), top + 150)
    found = pupil.measure_intensity([0], z[near] - z[top])[:, 0]
    np.testing.assert_allclose(found / found.max(), axis[near], atol=0.02)
