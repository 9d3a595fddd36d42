"""The PyTorch twin of the keyed noise: equal to the bit, normals to 1e-6."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_fidelity.core import random as numpy_noise
from napari_fidelity.networks import keyed_noise

KEYS = [
    {"shape": (40, 50), "seed": 0},
    {"shape": (3, 20, 30), "seed": 2**40 + 3, "stream": 5, "origin": (-2, 7, 10**6)},
    {"shape": (17,), "seed": 2**63 - 1, "stream": 102, "origin": (2**31 - 4,)},
]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_hash_and_uniforms_are_bit_equal_and_normals_close(key):
    key = dict(key)
    shape = key.pop("shape")
    words = keyed_noise.hash_coordinates(shape, **key)
    np.testing.assert_array_equal(
        words.numpy().astype(np.uint32), numpy_noise.hash_coordinates(shape, **key)
    )
    np.testing.assert_array_equal(
        keyed_noise.uniform(shape, **key).numpy(), numpy_noise.uniform(shape, **key)
    )
    np.testing.assert_allclose(
        keyed_noise.normal(shape, **key).numpy(), numpy_noise.normal(shape, **key), atol=1e-6
    )


def test_poisson_counts_are_equal():
    rate = np.random.default_rng(0).gamma(0.7, 30, (50, 60))
    rate[:2] = 0
    made = keyed_noise.poisson(torch.from_numpy(rate), seed=3)
    np.testing.assert_array_equal(made.numpy(), numpy_noise.poisson(rate, seed=3))
    with pytest.raises(ValueError, match="not negative"):
        keyed_noise.poisson(torch.tensor([-1.0]), seed=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_draws_the_same_bits():
    on_gpu = keyed_noise.uniform((64, 65), seed=8, device="cuda").cpu()
    np.testing.assert_array_equal(on_gpu.numpy(), numpy_noise.uniform((64, 65), seed=8))
