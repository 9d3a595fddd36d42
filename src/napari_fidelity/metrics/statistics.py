"""Comparisons of groups of units: paired tests, effect sizes, intervals, equivalence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from napari_fidelity.core.errors import UserError

RESAMPLES = 10_000
CONFIDENCE = 0.95
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairedComparison:
    """How a first group differs from a second, unit by unit.

    Parameters
    ----------
    n : int
        Units with a finite number in both.
    difference : float
        Mean of first minus second.
    low, high : float
        95 % bootstrap interval of that mean over units.
    effect : float
        d_z: the mean over the standard deviation of the differences.
    p_t, p_wilcoxon : float
        Two-sided, of the paired t test and Wilcoxon's signed rank test; NaN below two units.
    """

    n: int
    difference: float
    low: float
    high: float
    effect: float
    p_t: float
    p_wilcoxon: float


@dataclass(frozen=True)
class Equivalence:
    """Whether a mean difference lies within a margin, by two one-sided t tests (TOST).

    Parameters
    ----------
    n : int
        Units.
    difference : float
        Mean difference.
    low, high : float
        Its 90 % interval: equivalent at α 0.05 where it lies within the margin.
    margin : float
        What counts as equal.
    p : float
        The larger p of the two tests.
    """

    n: int
    difference: float
    low: float
    high: float
    margin: float
    p: float


def compare_paired(
    first: Sequence[float], second: Sequence[float], *, seed: int = 0
) -> PairedComparison:
    """The difference of two groups measured on the same units.

    Units in which either number is NaN are left out. Fewer than two units, or differences that
    are all the same, leave p values NaN and 0 or 1 as the test defines.

    Examples
    --------
    >>> found = compare_paired([2.0, 3.0, 4.5, 5.0], [1.0, 2.5, 3.0, 4.2])
    >>> found.n, round(found.difference, 3), round(found.p_t, 4), found.p_wilcoxon
    (4, 0.95, 0.0202, 0.125)
    """
    change = _differences(first, second)
    n = int(change.size)
    if n < 2:
        mean = float(change.mean()) if n else math.nan
        return PairedComparison(n, mean, math.nan, math.nan, math.nan, math.nan, math.nan)
    low, high = bootstrap_mean(change, seed=seed)
    spread = float(change.std(ddof=1))
    mean = float(change.mean())
    if spread == 0:
        p = 1.0 if mean == 0 else 0.0
        return PairedComparison(n, mean, low, high, math.nan, p, _wilcoxon(change))
    p_t = _student(mean * math.sqrt(n) / spread, n - 1)
    return PairedComparison(n, mean, low, high, mean / spread, p_t, _wilcoxon(change))


def judge_equivalence(
    first: Sequence[float], second: Sequence[float], margin: float
) -> Equivalence:
    """TOST of the paired mean difference (Schuirmann 1987).

    Raises
    ------
    UserError
        The margin is not above zero.
    """
    if margin <= 0:
        raise UserError(f"The margin is {margin:g}: what counts as equal must be above 0.")
    change = _differences(first, second)
    n = int(change.size)
    if n < 2:
        mean = float(change.mean()) if n else math.nan
        return Equivalence(n, mean, math.nan, math.nan, margin, math.nan)
    mean, error = float(change.mean()), float(change.std(ddof=1)) / math.sqrt(n)
    if error == 0:
        return Equivalence(n, mean, mean, mean, margin, 0.0 if abs(mean) < margin else 1.0)
    reach = float(stats.t.ppf(0.95, n - 1)) * error
    above = float(stats.t.sf((mean + margin) / error, n - 1))
    below = float(stats.t.cdf((mean - margin) / error, n - 1))
    return Equivalence(n, mean, mean - reach, mean + reach, margin, max(above, below))


def compare_independent(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p of Student's two-sample t test; NaN with fewer than two in either group.

    Examples
    --------
    >>> round(compare_independent([1, 2, 3, 4], [3, 4, 5, 6]), 3)
    0.071
    """
    one, two = (_finite(values) for values in (first, second))
    if min(one.size, two.size) < 2:
        return math.nan
    degrees = one.size + two.size - 2
    squares = float(one.var() * one.size + two.var() * two.size)
    if squares == 0:
        return math.nan
    error = math.sqrt(squares / degrees * (1 / one.size + 1 / two.size))
    return _student(float(one.mean() - two.mean()) / error, degrees)


def correct_holm(values: Sequence[float]) -> list[float]:
    """Holm's step-down correction (1979); NaN stays NaN and counts for nothing.

    Examples
    --------
    >>> correct_holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    known = sorted((value, index) for index, value in enumerate(values) if value == value)
    corrected, largest = [math.nan] * len(values), 0.0
    for rank, (value, index) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * value))
        corrected[index] = largest
    return corrected


def bootstrap_mean(values: Sequence[float] | Doubles, *, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean over units drawn with replacement.

    Examples
    --------
    >>> low, high = bootstrap_mean([1.0, 2.0, 3.0, 4.0])
    >>> 1 < low < 2.5 < high < 4
    True
    """
    found = _finite(values)
    if found.size < 2:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    means = found[rng.integers(found.size, size=(RESAMPLES, found.size))].mean(axis=1)
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(means, (tail, 100 - tail))
    return float(low), float(high)


def _student(value: float, degrees: int) -> float:
    """The two-sided p of a t value. SciPy's own tests warn where groups are nearly constant."""
    return float(2 * stats.t.sf(abs(value), degrees))


def _finite(values: Sequence[float] | Doubles) -> Doubles:
    found = np.asarray(values, np.float64)
    return found[np.isfinite(found)]


def _differences(first: Sequence[float], second: Sequence[float]) -> Doubles:
    one, two = (np.asarray(values, np.float64) for values in (first, second))
    if one.shape != two.shape:
        raise UserError(f"{one.size} and {two.size} units cannot be paired: give equal numbers.")
    return _finite(one - two)


def _wilcoxon(change: Doubles) -> float:
    if not np.any(change):
        return 1.0
    # With ties or zeros SciPy falls back to the normal approximation by itself.
    return float(stats.wilcoxon(change).pvalue)
