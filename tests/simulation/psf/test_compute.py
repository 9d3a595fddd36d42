"""The PSF on pixels: its sum, symmetry, widths and neighbours in other packages."""

import numpy as np
import pytest
from scipy import signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.simulation.psf import PsfSettings, compute_psf, measure_fwhm_um
from napari_fidelity.simulation.psf.profile import measure_fwhms_um

MODELS = ["gaussian", "born-wolf", "gibson-lanni"]
DEEP = PsfSettings(model="gibson-lanni", depth_um=10)


@pytest.mark.parametrize("microscope", ["widefield", "confocal"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("scale_um", [(0.05, 0.05), (0.15, 0.05, 0.05)], ids=["plane", "volume"])
def test_it_is_positive_sums_to_one_and_peaks_in_the_middle(model, microscope, scale_um):
    settings = PsfSettings(model=model, microscope=microscope, depth_um=3)
    psf = compute_psf(settings, scale_um)
    assert psf.array.dtype == np.float32
    assert not psf.array.flags.writeable
    assert psf.scale_um == scale_um
    assert all(side % 2 for side in psf.array.shape)
    assert psf.array.min() >= 0
    assert psf.array.sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    middle = tuple(side // 2 for side in psf.array.shape)
    assert psf.array[middle] == psf.array.max()


def test_it_is_symmetric():
    volume = compute_psf(PsfSettings(), (0.1, 0.05, 0.05), shape=(21, 31, 31)).array
    for other in (volume[::-1], volume[:, ::-1], volume[..., ::-1], volume.swapaxes(1, 2)):
        np.testing.assert_allclose(volume, other, rtol=1e-5)
    deep = compute_psf(DEEP, (0.1, 0.05, 0.05), shape=(21, 31, 31)).array
    np.testing.assert_allclose(deep, deep.swapaxes(1, 2), rtol=1e-5)
    assert abs(deep - deep[::-1]).max() > 0.1 * deep.max()  # aberrated along the axis


@pytest.mark.parametrize(("aperture", "index"), [(0.3, 1.0), (0.8, 1.0), (1.2, 1.333)])
@pytest.mark.parametrize("model", ["gaussian", "born-wolf"])
def test_widths_are_those_of_the_formulas(model, aperture, index):
    settings = PsfSettings(model=model, numerical_aperture=aperture, immersion_index=index)
    lateral = 0.5145 * 0.52 / aperture
    axial = 0.8859 * 0.52 / (index - np.sqrt(index**2 - aperture**2))
    psf = compute_psf(settings, (axial / 8, lateral / 6, lateral / 6), shape=(33, 65, 65))
    found = measure_fwhm_um(psf)
    assert found[0] == pytest.approx(axial, rel=0.035)  # sinc² is the limit of low apertures
    assert found[1:] == pytest.approx((lateral, lateral), rel=2e-3)


def test_planes_of_a_widefield_volume_hold_the_same_light():
    low = PsfSettings(numerical_aperture=0.5, immersion_index=1)
    volume = compute_psf(low, (1.0, 0.25, 0.25), shape=(5, 201, 201)).array
    light = volume.sum(axis=(1, 2), dtype=np.float64)
    np.testing.assert_allclose(light, 0.2, rtol=5e-3)
    pinched = compute_psf(
        low.model_copy(update={"microscope": "confocal"}), (2.5, 0.25, 0.25), shape=(9, 101, 101)
    ).array.sum(axis=(1, 2), dtype=np.float64)
    assert pinched[0] < 0.02 * pinched[4]  # optical sectioning


def test_a_plane_out_of_focus_is_the_plane_of_the_volume():
    volume = compute_psf(DEEP, (0.5, 0.1, 0.1), shape=(5, 41, 41)).array
    for plane, defocus_um in ((0, -1.0), (3, 0.5)):
        single = compute_psf(DEEP, (0.1, 0.1), defocus_um=defocus_um, shape=(41, 41)).array
        np.testing.assert_allclose(single, volume[plane] / volume[plane].sum(), rtol=1e-4)


def test_confocal_is_excitation_times_emission_through_the_pinhole():
    """Against a convolution with a drawn disc on pixels a fifth as large."""
    low = PsfSettings(numerical_aperture=0.2, immersion_index=1)
    pixel, fine, au = 0.2, 0.04, 1.0
    emission = compute_psf(low, (fine, fine), shape=(301, 301)).array.astype(np.float64)
    lit = compute_psf(low.model_copy(update={"emission_nm": 488.0}), (fine, fine), shape=(301, 301))
    y, x = np.indices((301, 301)) - 150
    disc = np.hypot(y, x) * fine <= 0.60984 * au * 0.52 / 0.2
    seen = signal.fftconvolve(emission, disc.astype(float), mode="same")
    expected = (seen * lit.array)[150, 150:200:5]
    confocal = low.model_copy(update={"microscope": "confocal", "pinhole_au": au})
    found = compute_psf(confocal, (pixel, pixel), shape=(41, 41)).array[20, 20:30]
    np.testing.assert_allclose(found / found[0], expected / expected[0], atol=2e-3)


def test_pinhole_goes_from_the_product_of_both_to_the_excitation_alone():
    confocal = PsfSettings(microscope="confocal")
    widths = [
        measure_fwhms_um(confocal.model_copy(update={"pinhole_au": au}))[1]
        for au in (0, 0.25, 1, 10)
    ]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(0.5145 * 0.488 / 1.4, rel=2e-3)
    both = 0.488 * 0.52 / np.hypot(0.488, 0.52)  # 0.37 λ̄/NA with λ̄ = √2 of this
    assert widths[0] == pytest.approx(0.37 * np.sqrt(2) * both / 1.4, rel=0.02)


def test_integration_over_pixels_is_the_mean_of_finer_ones():
    settings = PsfSettings(numerical_aperture=0.3, immersion_index=1)
    fine = compute_psf(settings, (0.022, 0.022), shape=(525, 525)).array.astype(np.float64)
    expected = fine.reshape(21, 25, 21, 25).sum(axis=(1, 3))
    coarse = compute_psf(
        settings.model_copy(update={"pixel_integration": True}), (0.55, 0.55), shape=(21, 21)
    )
    np.testing.assert_allclose(coarse.array, expected / expected.sum(), atol=1e-3 * expected.max())


@pytest.mark.parametrize(("aperture", "index"), [(0.5, 1.0), (1.2, 1.333), (1.4, 1.515)])
def test_diffraction_is_that_of_psfmodels(aperture, index):
    psfmodels = pytest.importorskip("psfmodels")
    settings = PsfSettings(
        numerical_aperture=aperture, immersion_index=index, pixel_integration=True
    )
    pixel, step = 0.052 / aperture, 0.11 / (index - np.sqrt(index**2 - aperture**2))
    media = dict.fromkeys(("ni", "ni0", "ns", "ng", "ng0"), index)
    z = (np.arange(17) - 8) * step
    theirs = psfmodels.make_psf(
        z, nx=41, dxy=pixel, NA=aperture, pz=0, wvl=0.52, model="scalar", **media
    )
    ours = compute_psf(settings, (step, pixel, pixel), shape=(17, 41, 41)).array
    assert abs(ours / ours.max() - theirs / theirs.max()).max() < 0.004


def test_low_apertures_are_those_of_psf():
    """That package is vectorial: equal where the aperture is low."""
    psf = pytest.importorskip("psf")
    settings = PsfSettings(numerical_aperture=0.2, immersion_index=1)
    theirs = psf.PSF(
        psf.ISOTROPIC | psf.EMISSION,
        shape=(9, 33),
        dims=(24, 6.4),
        ex_wavelen=488,
        em_wavelen=520,
        num_aperture=0.2,
        refr_index=1,
    ).data
    ours = compute_psf(settings, (3.0, 0.2, 0.2), shape=(17, 65, 65)).array[8:, 32, 32:]
    assert abs(ours / ours.max() - theirs / theirs.max()).max() < 0.01


@pytest.mark.parametrize("defocus_um", [0.0, 3.0])
def test_sides_that_are_chosen_hold_99_percent(defocus_um):
    settings = PsfSettings(numerical_aperture=0.8, immersion_index=1)
    side = compute_psf(settings, (0.1, 0.1), defocus_um=defocus_um).array.shape[0]
    wide = compute_psf(settings, (0.1, 0.1), defocus_um=defocus_um, shape=(1023, 1023)).array
    cut = slice((1023 - side) // 2, (1023 + side) // 2)
    assert 0.985 < wide[cut, cut].sum(dtype=np.float64) < 0.997


@pytest.mark.parametrize("scale_um", [(100.0, 100.0), (5.0, 9.0, 9.0), (1e-4, 1e-4)])
def test_absurd_pixels_still_give_a_psf(scale_um):
    for settings in (PsfSettings(), PsfSettings(microscope="confocal")):
        psf = compute_psf(settings, scale_um, shape=(3, 3, 3)[: len(scale_um)])
        assert psf.array.sum() == pytest.approx(1)


def test_equal_requests_share_one_array():
    first = compute_psf(PsfSettings(), (0.07, 0.07), shape=[33, 33])
    assert compute_psf(PsfSettings(), [0.07, 0.07], shape=(33, 33)) is first
    assert compute_psf(PsfSettings(), (0.07, 0.07), shape=(35, 35)) is not first


def test_pixels_that_do_not_suit_are_told():
    coarse = compute_psf(PsfSettings(), (0.6, 0.2, 0.2), shape=(9, 33, 33)).warnings
    assert [text.split(" ")[0] for text in coarse] == ["Pixels", "Steps"]
    oblong = compute_psf(PsfSettings(), (0.05, 0.08), shape=(65, 65)).warnings
    assert any("not square" in text for text in oblong)
    cut = compute_psf(PsfSettings(), (0.05, 0.05), shape=(7, 7)).warnings
    assert any("of the light of a plane" in text for text in cut)
    thin = compute_psf(PsfSettings(), (0.1, 0.05, 0.05), shape=(3, 65, 65)).warnings
    assert any("ends of Z" in text for text in thin)
    assert compute_psf(PsfSettings(), (0.05, 0.05), shape=(65, 65)).warnings == ()


@pytest.mark.parametrize(
    ("settings", "scale_um", "options", "words"),
    [
        ({"immersion_index": 1.0}, (0.1, 0.1), {}, "aperture 1.4 is above .* 1 of the immersion"),
        ({}, (0, 0.1), {}, "must be more than 0"),
        ({}, (0.1, float("nan")), {}, "must be more than 0"),
        ({}, (0.1,), {}, "YX or ZYX"),
        ({}, (0.1, 0.1), {"shape": (8, 9)}, "odd sides"),
        ({}, (0.1, 0.1), {"shape": (9, 9, 9)}, "does not fit 2 pixel sizes"),
        ({}, (0.1, 0.1), {"shape": (99999, 99999)}, "at most"),
        ({}, (0.1, 0.1, 0.1), {"defocus_um": 1}, "single planes"),
        ({}, (0.1, 0.1), {"defocus_um": float("inf")}, "finite"),
        ({}, (0.1, 0.1), {"defocus_um": 1e5}, "100000 µm from focus cannot be computed at NA 1.4"),
        ({"model": "gibson-lanni", "coverslip_index": 1.3}, (0.1, 0.1), {}, "of the coverslip"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(settings, scale_um, options, words):
    with pytest.raises(UserError, match=words) as caught:
        compute_psf(PsfSettings(**settings), scale_um, **options)
    assert str(caught.value).count(". ") == 0
    assert str(caught.value).endswith(".")
