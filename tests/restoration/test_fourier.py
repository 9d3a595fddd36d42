"""Transforms and kernels: sizes, centring, borders."""

import numpy as np
import pytest
import torch

from napari_fidelity.restoration.fourier import (
    extend_periodically,
    find_fast_size,
    invert,
    transform,
    transform_kernel,
)
from napari_fidelity.restoration.kernel import prepare_kernel


@pytest.mark.parametrize("shape", [(6, 9), (4, 6, 5)])
def test_transforms_are_those_of_pytorch(shape):
    values = torch.from_numpy(np.random.default_rng(0).normal(size=shape).astype(np.float32))
    spectrum = transform(values[1:], shape)
    padded = torch.zeros(shape)
    padded[: shape[0] - 1] = values[1:]
    torch.testing.assert_close(spectrum, torch.fft.rfftn(padded))
    torch.testing.assert_close(invert(spectrum, shape), padded)
    kept = tuple(side - 2 for side in shape)
    torch.testing.assert_close(
        invert(spectrum, shape, kept), padded[tuple(slice(side) for side in kept)]
    )


def test_a_kernel_of_one_pixel_changes_nothing():
    delta = transform_kernel(np.ones((1, 1), np.float32), (6, 8), torch.device("cpu"))
    torch.testing.assert_close(delta, torch.ones_like(delta))
    centred = np.zeros((3, 5), np.float32)
    centred[1, 2] = 1
    torch.testing.assert_close(transform_kernel(centred, (6, 8), torch.device("cpu")), delta)


def test_fast_sizes_have_small_factors():
    for least in (1, 11, 97, 1089):
        size = find_fast_size(least)
        assert size >= least
        for factor in (2, 3, 5, 7):
            while size % factor == 0:
                size //= factor
        assert size == 1


def test_an_extended_image_is_whole_and_has_no_step():
    array = np.cumsum(np.random.default_rng(0).normal(size=(30, 20)), axis=0).astype(np.float32)
    extended = extend_periodically(array, (45, 20))
    np.testing.assert_array_equal(extended[:30], array)
    np.testing.assert_allclose(extended[30:33], array[28:25:-1], atol=1e-5)  # mirrored
    np.testing.assert_allclose(extended[-3:], array[3:0:-1], atol=1e-5)
    assert extend_periodically(np.ones((1, 1), np.float32), (3, 4)).tolist() == [[1.0] * 4] * 3


def test_even_and_measured_psfs_keep_their_centre():
    measured = np.zeros((6, 7))
    measured[3, 3], measured[0, 0] = 5, -1
    kernel = prepare_kernel(measured, (20, 20))
    assert kernel.shape == (7, 7)
    assert kernel[3, 3] == 1
    assert kernel.sum() == 1
    assert kernel.flags.writeable
