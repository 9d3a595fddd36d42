"""Steps without noise: preparation, optics, light; against other libraries and by hand."""

import numpy as np
import pytest
from scipy import ndimage, signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation import Pipeline, run_pipeline
from napari_fidelity.simulation.degradation.steps.bleaching import Bleaching
from napari_fidelity.simulation.degradation.steps.contrast_stretch import ContrastStretch
from napari_fidelity.simulation.degradation.steps.defocus import Defocus
from napari_fidelity.simulation.degradation.steps.haze import Haze
from napari_fidelity.simulation.degradation.steps.local_minimum import (
    LocalMinimum,
    make_neighbourhood,
)
from napari_fidelity.simulation.degradation.steps.psf_blur import PsfBlur
from napari_fidelity.simulation.degradation.steps.uneven_illumination import UnevenIllumination
from napari_fidelity.simulation.psf import Psf, PsfSettings, compute_psf, pack_psf
from tests.simulation.degradation.scenes import apply_step, make_cells, make_flat

GAUSSIAN = PsfSettings(model="gaussian", numerical_aperture=0.8, immersion_index=1)
UM = ("micrometer", "micrometer")


@pytest.mark.parametrize(("dtype", "top"), [("uint8", 255), ("uint16", 65535), ("float32", 1)])
def test_contrast_stretch_fills_the_range_of_the_type(dtype, top):
    image = Image(np.arange(50, 151).reshape(1, 101).repeat(3, 0).astype(dtype))
    step = ContrastStretch(dark_percent=10, bright_percent=20)
    run = run_pipeline(image, Pipeline(steps=(step,)))
    expected = np.clip((np.arange(101) - 10) / 70, 0, 1) * top
    np.testing.assert_allclose(run.image.array[1], expected, rtol=1e-5, atol=1e-5 * top)
    assert (run.pipeline.steps[0].low_level, run.pipeline.steps[0].high_level) == (60, 130)
    assert run.levels.black == 0
    assert run.levels.limit == top


def test_a_constant_image_has_no_contrast():
    with pytest.raises(UserError, match="dark level 7 is not below the bright level 7"):
        apply_step(ContrastStretch(), make_flat(7))


@pytest.mark.parametrize(
    ("radius", "count"), [(0.5, 5), (1, 9), (1.5, 13), (2, 21), (2.5, 29), (3, 37)]
)
def test_neighbourhoods_are_those_of_fiji(radius, count):
    # the sizes in ImageJ's "Show Circular Masks": radius 1.5 is moved to 1.75, 2.5 to 2.85
    found = make_neighbourhood(radius)
    assert int(found.sum()) == count
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(found, found[::-1])


def test_erode_takes_the_minimum_of_each_plane():
    image = make_cells((3, 40, 50))
    found = apply_step(LocalMinimum(mode="erode", radius_px=2), image).array
    for plane, source in zip(found, image.array, strict=True):
        expected = ndimage.grey_erosion(source, footprint=make_neighbourhood(2), mode="reflect")
        np.testing.assert_array_equal(plane, expected)


def test_gate_makes_pixels_black_whose_minimum_is_low():
    values = np.full((9, 9), 100, np.uint8)
    values[4, 4] = 3
    found = apply_step(LocalMinimum(mode="gate", radius_px=1, gate_percent=5), Image(values)).array
    expected = np.full((9, 9), 100)
    expected[3:6, 3:6] = 0
    np.testing.assert_array_equal(found, expected)
    lifted = apply_step(
        LocalMinimum(mode="gate", radius_px=1, gate_level=50), Image(values), black=20
    )
    assert set(np.unique(lifted.array)) == {20, 100}


def test_psf_is_the_convolution_with_mirrored_borders():
    image = make_cells((70, 90))
    step = PsfBlur(psf=GAUSSIAN)
    kernel = compute_psf(GAUSSIAN, (0.1, 0.1)).array.astype(float)
    margin = kernel.shape[0]
    padded = np.pad(image.array.astype(float), margin, mode="symmetric")
    expected = signal.fftconvolve(padded, kernel, mode="same")[margin:-margin, margin:-margin]
    np.testing.assert_allclose(apply_step(step, image).array, expected, rtol=1e-4)


def test_psf_keeps_the_light_and_level_of_a_flat_image():
    flat = make_flat(300, (64, 64), scale=(0.1, 0.1), units=UM)
    np.testing.assert_allclose(apply_step(PsfBlur(psf=GAUSSIAN), flat).array, 300, rtol=1e-5)


def test_volumes_are_blurred_in_three_dimensions_and_channels_alone():
    confocal = GAUSSIAN.model_copy(update={"microscope": "confocal", "numerical_aperture": 0.95})
    image = make_cells((2, 2, 17, 40, 40))
    found = apply_step(PsfBlur(psf=confocal), image).array
    alone = Image(image.array[1, 1], "ZYX", image.scale[2:], image.units[2:], image.translate[2:])
    np.testing.assert_allclose(apply_step(PsfBlur(psf=confocal), alone).array, found[1, 1])
    flat = apply_step(PsfBlur(psf=confocal, spatial="plane"), alone).array
    assert not np.allclose(flat, found[1, 1], rtol=0.01)
    assert found.sum() == pytest.approx(image.array.sum(), rel=1e-4)


def test_an_image_smaller_than_the_psf_is_mirrored_on_and_it_is_told():
    stack = make_cells((3, 20, 70))
    optics = GAUSSIAN.model_copy(update={"model": "born-wolf"})
    run = run_pipeline(stack, Pipeline(steps=(PsfBlur(psf=optics),)))
    assert any("is larger than the image of 3×20×70" in note for note in run.notes)
    kernel = compute_psf(optics, (0.3, 0.1, 0.1)).array
    margin = [(side // 2 + 1,) * 2 for side in kernel.shape]
    padded = np.pad(stack.array.astype(float), margin, mode="symmetric")
    full = signal.fftconvolve(padded, kernel.astype(float), mode="same")
    inner = tuple(slice(m, m + n) for (m, _), n in zip(margin, stack.shape, strict=True))
    np.testing.assert_allclose(run.image.array, full[inner], rtol=1e-4)


def test_a_measured_psf_larger_than_the_image_is_refused():
    psf = Psf(np.full((9, 9), 1 / 81, np.float32), (0.1, 0.1))
    small = Image(np.ones((8, 8), np.float32), scale=(0.1, 0.1), units=UM)
    with pytest.raises(UserError, match="measured PSF has 9×9 pixels, the image only 8×8"):
        apply_step(PsfBlur(psf=pack_psf(psf)), small)


@pytest.mark.parametrize("step", [PsfBlur(), Defocus(), Haze()], ids=lambda step: step.kind)
def test_lengths_need_a_pixel_size(step):
    with pytest.raises(UserError, match="flat does not say its pixel size"):
        apply_step(step, make_flat(1))


def test_defocus_widens_with_the_distance():
    point = np.zeros((101, 101), np.float32)
    point[50, 50] = 1
    image = Image(point, scale=(0.1, 0.1), units=UM)
    peaks = [
        apply_step(Defocus(psf=GAUSSIAN, defocus_um=dz), image).array.max() for dz in (0, 1, -1, 3)
    ]
    assert peaks[0] > peaks[1] > peaks[3]
    assert peaks[1] == pytest.approx(peaks[2], rel=1e-5)
    np.testing.assert_allclose(
        apply_step(Defocus(psf=GAUSSIAN, defocus_um=0), image).array,
        apply_step(PsfBlur(psf=GAUSSIAN), image).array,
        atol=1e-7,
    )


def test_haze_keeps_the_mean_or_adds_its_amount_to_it():
    image = make_cells((2, 120, 120))
    kept = apply_step(Haze(amount=0.4, width_um=1.5), image, black=100)
    found = apply_step(Haze(amount=0.4, width_um=1.5, keep_mean=False), image, black=100)
    np.testing.assert_allclose(kept.array - 100, (found.array - 100) / 1.4, atol=1e-3)
    light = image.array.astype(float) - 100
    assert (found.array - 100.0).mean() == pytest.approx(1.4 * light.mean(), rel=1e-5)
    added = found.array - image.array
    wide = ndimage.gaussian_filter(light[0], 15, mode="reflect")
    np.testing.assert_allclose(added[0], 0.4 * wide, atol=0.03 * 0.4 * light.max())


def test_vignette_is_darkest_in_the_corner():
    lit = apply_step(UnevenIllumination(strength=0.6), make_flat(100, (41, 61)), black=20).array
    assert lit[20, 30] == 100
    np.testing.assert_allclose(lit[[0, 0, -1, -1], [0, -1, 0, -1]], 20 + 80 * 0.4, rtol=1e-5)
    assert lit[20, 0] == pytest.approx(20 + 80 * (1 - 0.6 * 900 / 1300), rel=1e-5)


def test_gradient_falls_into_its_direction():
    step = UnevenIllumination(shape="gradient", strength=0.5, angle_deg=0)
    row = apply_step(step, make_flat(100, (11, 101))).array[5]
    np.testing.assert_allclose(row, np.linspace(100, 50, 101), rtol=1e-5)
    down = apply_step(step.model_copy(update={"angle_deg": 90.0}), make_flat(100, (101, 11)))
    np.testing.assert_allclose(down.array[:, 5], np.linspace(100, 50, 101), rtol=1e-5)


def test_patches_are_smooth_and_within_their_strength():
    step = UnevenIllumination(shape="patches", strength=0.8, patch_px=16)
    lit = apply_step(step, make_flat(1, (200, 300))).array
    assert lit.min() >= 0.2
    assert lit.max() <= 1
    assert lit.min() < 0.4
    assert lit.max() > 0.8
    assert np.abs(np.diff(lit, axis=1)).max() < 0.8 * np.pi / 2 / 16 * 1.01


def test_light_is_lost_from_frame_to_frame():
    movie = make_cells((5, 1, 1, 8, 9))
    found = apply_step(Bleaching(loss_percent=10), movie, black=100).array
    for frame in range(5):
        expected = 100 + (movie.array[frame] - 100.0) * 0.9**frame
        np.testing.assert_allclose(found[frame], expected, rtol=1e-5)


def test_planes_bleach_where_it_is_asked_and_a_plane_alone_does_not():
    stack = make_cells((4, 8, 9))
    found = apply_step(Bleaching(loss_percent=50, axis="Z"), stack).array
    np.testing.assert_allclose(found[3], stack.array[3] / 8)
    run = run_pipeline(stack, Pipeline(steps=(Bleaching(),)))
    np.testing.assert_array_equal(run.image.array, stack.array)
    assert run.notes == ["There is no T axis: nothing bleaches."]
