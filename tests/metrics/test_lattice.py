import numpy as np
import pytest

from napari_fidelity.metrics.lattice import (
    dither_steps,
    find_median,
    lattice_step,
    robust_sd,
)

RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(100, 3, 5000)


@pytest.mark.parametrize(
    ("values", "step"),
    [(NOISE.round(), 1), (NOISE.round() * 16, 16), (NOISE.round() + 0.3, 1),
     (NOISE.round() / 255, 1 / 255), ((NOISE.round() / 255).astype(np.float32), 1 / 255),
     (NOISE, 0), (NOISE.astype(np.float32), 0), (NOISE * 1e4 // 1, 1),
     (np.r_[4, 5, 5, 4.0], 1), (np.r_[np.full(99, 10.0), 210], 1), (np.full(9, 0.25), 0)],
)  # fmt: skip
def test_step(values: np.ndarray, step: float) -> None:
    assert lattice_step(np.asarray(values, np.float64)) == pytest.approx(step, rel=1e-4)


def test_one_hot_pixel_does_not_change_the_step() -> None:
    for lattice, step in ((NOISE.round() * 16, 16), (NOISE.round() + 0.3, 1)):
        hot = lattice.copy()
        hot[7] = lattice.min() + 5.5 * step
        assert lattice_step(hot) == pytest.approx(step)


def test_both_images_get_the_coarser_step() -> None:
    assert dither_steps(NOISE, NOISE.round()) == (1, 1)
    assert dither_steps(NOISE.round() * 4, NOISE.round()) == (4, 4)
    assert dither_steps(NOISE, NOISE) == (0, 0)


def test_a_step_far_above_the_reference_s_noise_stays_with_the_test_image() -> None:
    two_values = np.where(RANDOM.random(5000) > 0.5, 255.0, 0.0)
    assert dither_steps(two_values, NOISE.round()) == (255, 1)
    # what a coarse reference cannot resolve is not held against a smooth image
    assert dither_steps(100 + NOISE / 1e4, NOISE.round()) == (1, 1)


@pytest.mark.parametrize("size", [7, 8, 200_000, 200_001])
def test_median_is_exact(size: int) -> None:
    for values in (RANDOM.normal(size=size), RANDOM.poisson(3, size) * 1.0):
        assert find_median(values) == np.median(values)
    trend = np.where(np.arange(size) % 10 == 0, 1.0, RANDOM.random(size))  # an unlucky sample
    assert find_median(trend) == np.median(trend)


def test_robust_sd() -> None:
    assert robust_sd(RANDOM.normal(0, 3, 100_000)) == pytest.approx(3, rel=0.02)
    assert robust_sd(np.r_[1, 1, 1, 9.0]) == 0
