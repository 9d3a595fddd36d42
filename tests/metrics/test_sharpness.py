import numpy as np
import pytest
from scipy import ndimage, signal

from napari_fidelity.metrics.sharpness import crop_region, laplacian, laplacian_of_gaussian

KERNEL = np.array([[1, 4, 1], [4, -20, 4], [1, 4, 1]]) / 6
IMAGE = np.random.default_rng(0).normal(100, 10, (30, 41))


@pytest.mark.parametrize(("border", "mode"), [("valid", "valid"), ("zero", "same")])
def test_laplacian_is_the_convolution(border: str, mode: str) -> None:
    expected = signal.convolve2d(IMAGE, KERNEL, mode=mode)
    assert np.allclose(laplacian(IMAGE, border), expected, atol=1e-10)


def test_planes_do_not_see_each_other() -> None:
    stack = np.stack([IMAGE, IMAGE[::-1], 2 * IMAGE])
    for filtered in (laplacian, laplacian_of_gaussian):
        for border in ("valid", "zero"):
            planes = [filtered(plane, border) for plane in stack]
            assert np.array_equal(filtered(stack, border), np.stack(planes))


def test_laplacian_of_gaussian_is_scipy_s_but_for_its_answer_to_a_constant() -> None:
    expected = ndimage.gaussian_laplace(IMAGE, 2)
    constant = ndimage.gaussian_laplace(np.ones((40, 40)), 2)[20, 20]
    assert abs(constant) > 1e-4
    expected -= constant * ndimage.gaussian_filter(IMAGE, 2)
    ours = laplacian_of_gaussian(IMAGE, "valid")
    assert ours.shape == (14, 25)
    assert np.allclose(ours, expected[8:-8, 8:-8], atol=1e-10)
    assert np.abs(laplacian_of_gaussian(np.full((20, 20), 1e3), "valid")).max() < 1e-10


def test_small_planes_leave_nothing() -> None:
    assert laplacian(np.ones((2, 9)), "valid").size == 0
    assert laplacian_of_gaussian(np.ones((16, 40)), "valid").size == 0
    assert laplacian_of_gaussian(np.ones((17, 40)), "valid").shape == (1, 24)


def test_a_region_is_cut_to_the_filtered_frame() -> None:
    region = IMAGE > 100
    assert np.array_equal(crop_region(region, laplacian(IMAGE, "valid")), region[1:-1, 1:-1])
    assert np.array_equal(crop_region(region, laplacian(IMAGE, "zero")), region)
