"""Paired comparisons, equivalence and corrections against SciPy and hand calculations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics.statistics import (
    bootstrap_mean,
    compare_independent,
    compare_paired,
    correct_holm,
    judge_equivalence,
)

FIRST = [0.52, 0.48, 0.61, 0.44, 0.58, 0.50, 0.55]
SECOND = [0.40, 0.45, 0.52, 0.46, 0.41, 0.43, 0.50]


def test_paired_comparison_is_that_of_scipy() -> None:
    found = compare_paired(FIRST, SECOND)
    change = np.subtract(FIRST, SECOND)
    assert found.n == 7
    assert found.difference == pytest.approx(change.mean())
    assert found.p_t == pytest.approx(stats.ttest_rel(FIRST, SECOND).pvalue)
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(FIRST, SECOND).pvalue)
    assert found.effect == pytest.approx(change.mean() / change.std(ddof=1))
    assert found.low < found.difference < found.high


def test_units_without_a_number_are_left_out() -> None:
    whole = compare_paired(FIRST, SECOND)
    holed = compare_paired([*FIRST, math.nan], [*SECOND, 0.3])
    assert holed == whole


@pytest.mark.parametrize(
    ("first", "second", "p"), [([1.0], [0.5], math.nan), ([1.0, 2.0], [1.0, 2.0], 1.0)]
)
def test_too_few_or_equal_units(first: list[float], second: list[float], p: float) -> None:
    assert compare_paired(first, second).p_t == pytest.approx(p, nan_ok=True)


def test_groups_of_unequal_size_are_refused() -> None:
    with pytest.raises(UserError, match="2 and 1 units cannot be paired"):
        compare_paired([1.0, 2.0], [1.0])


def test_bootstrap_interval_is_near_that_of_the_normal() -> None:
    values = np.random.default_rng(3).normal(2.0, 1.0, 400)
    low, high = bootstrap_mean(values)
    reach = 1.96 * values.std(ddof=1) / 20
    assert low == pytest.approx(values.mean() - reach, abs=0.01)
    assert high == pytest.approx(values.mean() + reach, abs=0.01)
    assert bootstrap_mean(values) == (low, high)
    assert all(map(math.isnan, bootstrap_mean([1.0])))


def test_equivalence_by_hand() -> None:
    change = np.array([0.01, -0.005, 0.004, 0.0, 0.006])
    found = judge_equivalence(change.tolist(), [0.0] * 5, 0.02)
    error = change.std(ddof=1) / math.sqrt(5)
    above = stats.t.sf((change.mean() + 0.02) / error, 4)
    below = stats.t.cdf((change.mean() - 0.02) / error, 4)
    assert found.p == pytest.approx(max(above, below))
    assert found.p < 0.05
    # α 0.05 and the 90 % interval say the same
    assert -0.02 < found.low < found.high < 0.02


def test_a_spread_beyond_the_margin_is_not_equivalent() -> None:
    found = judge_equivalence(FIRST, SECOND, 0.02)
    assert found.p > 0.05
    assert found.high > 0.02
    with pytest.raises(UserError, match="must be above 0"):
        judge_equivalence(FIRST, SECOND, 0.0)


def test_holm_by_hand_and_nan_counts_for_nothing() -> None:
    assert correct_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert correct_holm([0.02, math.nan, 0.5]) == pytest.approx([0.04, math.nan, 0.5], nan_ok=True)


def test_independent_groups_are_those_of_scipy() -> None:
    assert compare_independent(FIRST, SECOND) == pytest.approx(
        stats.ttest_ind(FIRST, SECOND).pvalue
    )
    assert math.isnan(compare_independent([1.0], [2.0, 3.0]))
