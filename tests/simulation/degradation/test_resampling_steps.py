"""Larger pixels and fewer planes: values, pixel size, position."""

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.simulation.degradation import Pipeline, run_pipeline
from napari_fidelity.simulation.degradation.steps.axial_subsampling import AxialSubsampling
from napari_fidelity.simulation.degradation.steps.down_sampling import DownSampling
from tests.simulation.degradation.scenes import apply_step, make_cells, make_flat


def centre_of_mass(image):
    """In the units of the frame."""
    weights = image.array.astype(float)
    return [
        image.translate[axis]
        + image.scale[axis]
        * np.average(
            np.arange(image.shape[axis]),
            weights=weights.sum(tuple(a for a in range(weights.ndim) if a != axis)),
        )
        for axis in range(weights.ndim)
    ]


def test_larger_pixels_hold_the_mean_of_their_square():
    image = make_cells((2, 7, 11))
    found = apply_step(DownSampling(factor=3), image)
    assert found.shape == (2, 2, 3)
    np.testing.assert_allclose(found.array[1, 0, 2], image.array[1, :3, 6:9].mean(), rtol=1e-6)
    assert found.scale == pytest.approx((0.3, 0.3, 0.3))
    assert found.translate == pytest.approx((0.0, 1.1, 2.1))
    assert found.units == image.units


@pytest.mark.parametrize("factor", [2, 4])
def test_objects_stay_where_they_are(factor):
    image = make_cells((96, 96))
    blob = np.zeros((96, 96), np.float32)
    blob[30:42, 50:58] = 7
    image = Image(blob, "YX", image.scale, image.units, image.translate)
    found = apply_step(DownSampling(factor=factor), image)
    assert centre_of_mass(found) == pytest.approx(centre_of_mass(image))


def test_picked_pixels_keep_their_place():
    image = make_cells((9, 9))
    found = apply_step(DownSampling(factor=4, method="pick"), image)
    np.testing.assert_array_equal(found.array, image.array[0:8:4, 0:8:4])
    assert found.translate == image.translate


def test_variance_of_independent_noise_falls_with_the_area():
    rng = np.random.default_rng(0)
    noise = Image(rng.normal(50, 9, (400, 400)).astype(np.float32))
    found = apply_step(DownSampling(factor=4), noise).array
    assert found.mean() == pytest.approx(50, abs=0.1)
    assert found.var() == pytest.approx(81 / 16, rel=0.08)


@pytest.mark.parametrize("method", ["mean", "pick"])
def test_squares_can_be_filled(method):
    image = make_cells((10, 11))
    found = apply_step(DownSampling(factor=4, keep_size=True, method=method), image)
    assert found.shape == image.shape
    assert (found.scale, found.translate) == (image.scale, image.translate)
    square = image.array[4:8, 8:11]
    expected = square.mean() if method == "mean" else square[0, 0]
    np.testing.assert_allclose(found.array[4:8, 8:11], expected, rtol=1e-6)


def test_an_image_smaller_than_a_square_is_refused():
    with pytest.raises(UserError, match="4×30 pixels is smaller than one square of 5×5"):
        apply_step(DownSampling(factor=5), make_flat(1, (4, 30)))


def test_every_nth_plane_is_kept_and_the_step_grows():
    stack = make_cells((10, 6, 7))
    found = apply_step(AxialSubsampling(factor=4), stack)
    np.testing.assert_array_equal(found.array, stack.array[::4])
    assert found.scale == pytest.approx((1.2, 0.1, 0.1))
    assert found.translate == stack.translate


def test_planes_between_are_repeated_or_interpolated():
    stack = make_cells((7, 6, 7))
    z = stack.array.astype(np.float32)
    same = apply_step(AxialSubsampling(factor=3, fill="repeat"), stack)
    np.testing.assert_array_equal(same.array, z[[0, 0, 0, 3, 3, 3, 6]])
    line = apply_step(AxialSubsampling(factor=4, fill="linear"), stack).array
    np.testing.assert_allclose(line[1], 0.75 * z[0] + 0.25 * z[4], rtol=1e-5)
    np.testing.assert_array_equal(line[5], z[4])
    assert same.scale == stack.scale


def test_an_image_without_planes_loses_none():
    image = make_cells((8, 8))
    run = run_pipeline(image, Pipeline(steps=(AxialSubsampling(),)))
    np.testing.assert_array_equal(run.image.array, image.array)
    assert run.notes == ["There is no Z axis: no planes are left out."]


def test_a_later_step_sees_the_larger_pixels():
    image = make_cells((2, 40, 40))
    steps = [
        {"kind": "down-sampling", "factor": 2},
        {"kind": "axial-subsampling", "factor": 2},
        {"kind": "haze", "width_um": 0.2},
    ]
    found = run_pipeline(image, Pipeline(steps=steps)).image
    small = run_pipeline(image, Pipeline(steps=steps[:2])).image
    assert small.scale == pytest.approx((0.6, 0.2, 0.2))
    by_hand = apply_step(Pipeline(steps=steps[2:]).steps[0], small)
    np.testing.assert_allclose(found.array, by_hand.array, rtol=1e-6)
