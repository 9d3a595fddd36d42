"""Measured PSFs: loaded as they are, kept in settings, put on other pixels."""

import json

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.psf import (
    MeasuredPsf,
    PsfSettings,
    build_psf,
    compute_psf,
    crop_psf,
    measure_fwhm_um,
    pack_psf,
    parse_psf,
    psf_from_image,
    resample_psf,
)

VOLUME = compute_psf(PsfSettings(), (0.1, 0.05, 0.05), shape=(21, 41, 41))


def test_packed_pixels_survive_json_and_need_no_file():
    packed = pack_psf(VOLUME)
    again = parse_psf(json.loads(packed.model_dump_json()))
    assert again == packed
    found = compute_psf(again, VOLUME.scale_um)
    np.testing.assert_allclose(found.array, VOLUME.array, rtol=1e-6)
    assert found.warnings == ()
    broken = packed.model_copy(update={"pixels": packed.pixels[:-8]})
    with pytest.raises(UserError, match="damaged"):
        compute_psf(broken, VOLUME.scale_um)


def test_a_file_is_read_checked_and_read_again_when_it_changes(tmp_path):
    path = tmp_path / "psf.tif"
    tifffile.imwrite(path, VOLUME.array)
    source = MeasuredPsf(path=str(path), scale_um=VOLUME.scale_um)
    np.testing.assert_allclose(compute_psf(source, VOLUME.scale_um).array, VOLUME.array, rtol=1e-6)
    tifffile.imwrite(path, VOLUME.array[:, 10:31, 10:31])
    assert compute_psf(source, VOLUME.scale_um).array.shape == (21, 21, 21)
    marked = source.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(UserError, match=r"psf\.tif is not the PSF it was"):
        compute_psf(marked, VOLUME.scale_um)
    path.write_bytes(b"no picture")
    with pytest.raises(UserError, match="cannot be read as a PSF"):
        compute_psf(source, VOLUME.scale_um)
    path.unlink()
    with pytest.raises(UserError, match="There is no PSF file"):
        compute_psf(source, VOLUME.scale_um)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (1, 1, 5)])
def test_a_psf_of_one_pixel_or_one_row_is_a_psf(shape):
    found = compute_psf(pack_psf(build_psf(np.ones(shape), (0.1,) * len(shape))), (0.1, 0.1))
    assert found.array.shape == shape[-2:]
    assert found.array.sum() == pytest.approx(1)


def test_a_volume_of_unknown_pixel_size_does_not_blur_planes():
    unsized = pack_psf(VOLUME).model_copy(update={"scale_um": ()})
    with pytest.raises(UserError, match="volume whose pixel size is not stated"):
        compute_psf(unsized, (0.2, 0.2))


def test_a_size_that_is_not_stated_is_the_images_and_that_is_told():
    unsized = pack_psf(VOLUME).model_copy(update={"scale_um": ()})
    found = compute_psf(unsized, (0.3, 0.2, 0.2))
    np.testing.assert_allclose(found.array, VOLUME.array, rtol=1e-6)
    assert any("pixel size of the PSF is not stated" in text for text in found.warnings)


def test_other_pixels_keep_the_widths():
    found = compute_psf(pack_psf(VOLUME), (0.08, 0.04, 0.0625))
    assert found.scale_um == (0.08, 0.04, 0.0625)
    assert measure_fwhm_um(found) == pytest.approx(measure_fwhm_um(VOLUME), rel=0.02)
    assert any("resampled" in text for text in found.warnings)


def test_planes_of_a_measured_volume():
    focus = resample_psf(VOLUME, (0.05, 0.05))
    np.testing.assert_allclose(focus.array, VOLUME.array[10] / VOLUME.array[10].sum(), rtol=1e-5)
    deep = resample_psf(VOLUME, (0.05, 0.05), defocus_um=0.3)
    plane = VOLUME.array[13] / VOLUME.array[13].sum()
    np.testing.assert_allclose(deep.array, plane, atol=1e-3 * plane.max())
    with pytest.raises(UserError, match="reaches 1 µm from focus: a defocus of 2 µm"):
        resample_psf(VOLUME, (0.05, 0.05), defocus_um=2)
    with pytest.raises(UserError, match="single plane: a volume cannot"):
        resample_psf(focus, (0.1, 0.05, 0.05))


def test_a_shape_cuts_or_pads():
    assert resample_psf(VOLUME, VOLUME.scale_um, shape=(5, 61, 11)).array.shape == (5, 61, 11)
    small = crop_psf(VOLUME, (3, 16, 30, 100))
    assert small.array.shape == (15, 29, 41)
    assert small.array.sum() == pytest.approx(1)
    assert "15×29×41" in small.warnings[-1]
    assert crop_psf(VOLUME, (50, 50, 50)) is VOLUME


def test_an_image_of_a_point_is_taken_as_it_stands():
    values = np.zeros((1, 16, 17))
    values[0, 8, 8] = 50
    image = Image(values, axes="ZYX", scale=(1, 0.1, 0.1), units=("micrometer",) * 3)
    psf = psf_from_image(image)
    assert psf.array.shape == (17, 17)
    assert psf.array[8, 8] == 1
    assert psf.warnings == ()
    shifted = psf_from_image(Image(np.roll(values[0], 3, axis=1)), pixel_size_um=0.1)
    assert "off its middle" in shifted.warnings[0]
    raised = psf_from_image(Image(values[0] + 10), pixel_size_um=0.1)
    assert any("background of 17%" in text for text in raised.warnings)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (Image(np.ones((3, 9, 9)), axes="TYX"), "axes TYX"),
        (Image(np.ones((9, 9))), "does not say its pixel size"),
    ],
)
def test_images_that_are_no_psf_are_refused(image, words):
    with pytest.raises(UserError, match=words):
        psf_from_image(image)


@pytest.mark.parametrize(
    ("values", "words"),
    [(np.zeros((5, 5)), "no value above 0"), (np.full((5, 5), np.nan), "NaN")],
)
def test_values_that_are_no_psf_are_refused(values, words):
    with pytest.raises(UserError, match=words):
        build_psf(values, (0.1, 0.1))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"kind": "dreamt"}, "no PSF of kind 'dreamt'"),
        ({"numerical_aperture": -1}, "'numerical_aperture' must be more than 0"),
        ({"path": "a.tif", "size": 3}, "'size' is not known"),
        ("psf.tif", "not by 'psf.tif'"),
    ],
)
def test_settings_that_cannot_be_read_are_refused(value, words):
    with pytest.raises(UserError, match=words):
        parse_psf(value)


def test_a_measured_psf_without_pixels_is_refused():
    with pytest.raises(UserError, match="neither a file nor pixels"):
        compute_psf(MeasuredPsf(), (0.1, 0.1))
