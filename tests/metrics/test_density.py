from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from napari_fidelity.metrics.density import (
    DENSITIES,
    NoiseSample,
    bandwidth,
    close_gaps,
    kernel_density,
)

Floats = np.ndarray


def no_dither() -> Floats:
    raise AssertionError("continuous data need no dither")


def sample(values: Floats, draw: Callable[[], Floats] = no_dither) -> NoiseSample:
    return NoiseSample(np.asarray(values, np.float64), draw)


def integrate_directly(test: Floats, reference: Floats) -> float:
    """Every kernel at every point, by SciPy's own kernel density."""
    h = [bandwidth(v) for v in (test, reference)]
    low = min(test.min(), reference.min()) - 4 * max(h)
    high = max(test.max(), reference.max()) + 4 * max(h)
    points = np.arange(low, high, min(h) / 8)
    p, q = (
        stats.gaussian_kde(v, w / v.std(ddof=1))(points)
        for v, w in zip((test, reference), h, strict=True)
    )
    return float(np.abs(p - q).sum() / (p.sum() + q.sum()))


@pytest.mark.parametrize(
    ("sizes", "centres", "spreads"),
    [((2000, 2000), (100, 101), (3, 4)), ((300, 5000), (0, 1), (1, 1)),
     ((2000, 2000), (-5, 5), (0.5, 8)), ((4000, 4000), (100, 100), (3, 3)),
     ((20, 30), (0, 1), (1, 2))],
)  # fmt: skip
def test_kde_is_within_a_thousandth_of_the_direct_sum(
    sizes: tuple[int, int], centres: tuple[float, float], spreads: tuple[float, float]
) -> None:
    random = np.random.default_rng(1)
    a, b = (random.normal(*p) for p in zip(centres, spreads, sizes, strict=True))
    value = DENSITIES["kde"](sample(a), sample(b)).value
    assert value == pytest.approx(integrate_directly(a, b), abs=1e-3)


def test_kde_of_skewed_data() -> None:
    random = np.random.default_rng(2)
    a, b = random.gamma(2, 3, 3000), random.gamma(2.5, 3, 3000)
    value = DENSITIES["kde"](sample(a), sample(b)).value
    assert value == pytest.approx(integrate_directly(a, b), abs=1e-3)


def test_kde_tends_to_the_overlap_of_normals() -> None:
    # total variation of N(0, 1) and N(d, 1) is 2 Φ(d/2) - 1
    random = np.random.default_rng(3)
    a, b = random.normal(0, 1, 400_000), random.normal(1, 1, 400_000)
    expected = 2 * stats.norm.cdf(0.5) - 1
    assert DENSITIES["kde"](sample(a), sample(b)).value == pytest.approx(expected, abs=0.005)


def test_far_outliers_cost_no_grid_and_change_nothing_else() -> None:
    random = np.random.default_rng(4)
    a, b = random.normal(100, 3, 4000), random.normal(101, 3, 4000)
    near, far = np.r_[a, 400.0], np.r_[a, 1e12]
    kde = DENSITIES["kde"]
    assert kde(sample(far), sample(b)).value == pytest.approx(
        kde(sample(near), sample(b)).value, abs=1e-4
    )
    x, y = close_gaps(np.array([0.0, 1.0, 100.0]), np.array([0.5, 1e6]), 10)
    assert x.tolist() == [0, 1, 11]
    assert y.tolist() == [0.5, 21]


def test_bandwidth_by_hand() -> None:
    # median 3, deviations 2 1 0 1 6: median 1
    assert bandwidth(np.r_[1, 2, 3, 4, 9.0]) == pytest.approx((4 / 15) ** 0.2 / 0.6745)
    assert bandwidth(np.r_[5, 5, 5, 5, 9.0]) == pytest.approx(4 * (4 / 15) ** 0.2)


def test_kernel_density_agrees_with_scipy() -> None:
    values = np.random.default_rng(5).poisson(20, 500) * 1.0
    points = np.linspace(0, 40, 77)
    expected = stats.gaussian_kde(values, 0.9 / values.std(ddof=1))(points)
    assert np.allclose(kernel_density(values, points, 0.9), expected, atol=1e-12)


def test_published_follows_the_authors_code() -> None:
    random = np.random.default_rng(6)
    a, b = random.normal(20, 3, 1500).round(), random.normal(21, 4, 1500).round()
    points = np.linspace(0, max(a.max(), b.max()), 200)

    def density(values: Floats) -> Floats:
        sd = np.median(np.abs(values - np.median(values))) / 0.6745
        h = sd * (4 / (3 * values.size)) ** 0.2
        z = (points[:, None] - values) / h
        return np.exp(-0.5 * z**2).sum(axis=1) / (values.size * h * np.sqrt(2 * np.pi))

    p, q = density(a), density(b)
    above, below = np.trapezoid(np.abs(p - q), points), np.trapezoid(p + q, points)
    value = DENSITIES["published"](sample(a), sample(b)).value
    assert value == pytest.approx(above / below, abs=1e-9)


def test_published_needs_values_above_zero() -> None:
    reading = DENSITIES["published"](sample(np.r_[-3.0, -2, -1]), sample(np.r_[-5.0, -4, 0]))
    assert np.isnan(reading.value)
    assert "no background value is above 0" in reading.reason


def test_histogram_of_counts_by_hand() -> None:
    a, b = np.repeat([10.0, 11, 12], [2, 5, 3]), np.repeat([11.0, 12, 13], [2, 5, 3])
    reading = DENSITIES["histogram"](sample(a), sample(b))
    assert reading.details["step"] == 1
    width = reading.details["bin_width"]
    assert width == round(float(width))  # a multiple of the step
    # 8 of 10 or so: width 1 gives |.2| + |.5-.2| + |.3-.5| + |.3| over 2
    assert width == 1
    assert reading.value == pytest.approx(0.5)


def test_histogram_of_continuous_data_is_near_the_truth() -> None:
    random = np.random.default_rng(7)
    a, b = random.normal(0, 1, 100_000), random.normal(1, 1, 100_000)
    expected = 2 * stats.norm.cdf(0.5) - 1
    assert DENSITIES["histogram"](sample(a), sample(b)).value == pytest.approx(expected, abs=0.01)
