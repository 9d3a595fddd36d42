"""The straight line on which the noise's variance lies over the level: its slope is the gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.estimation.normal_constants import MEDIAN_OF_SQUARE, SD_PER_MAD
from napari_fidelity.simulation.estimation.residuals import BLOCKS, Residuals

Floats = npt.NDArray[np.float64]
QUANTILE_BINS, RANGE_BINS = 12, 8
LEAST_COUNT = 100  # residuals in a bin
SMOOTHEST = 0.7  # share of a bin's pixels that is used: those with the smoothest surroundings
CLIP_SD = 4.5  # noise beyond it is one in 150 000; what is there is an edge or a cosmic ray
CUT_SD = 3.0  # noise beyond it changes a variance by less than 3 %
_ROUNDS = 8


@dataclass(frozen=True, eq=False)
class Line:
    """Variance over level, ``gain · level + intercept``.

    Parameters
    ----------
    gain, intercept : float
        The straight line.
    replicates : ndarray, shape (parts, 2)
        The line without each part of the field: the jackknife's spread says how sure it is.
    points : ndarray, shape (bins, 3)
        Level, variance and number of residuals of each bin.
    """

    gain: float
    intercept: float
    replicates: Floats
    points: Floats

    def variance(self, level: Floats | float) -> Floats:
        """Of the noise, at a level."""
        return np.asarray(self.gain * np.asarray(level) + self.intercept)

    def spread(self, values: Floats) -> float:
        """Standard error of a number, from its values for each of `replicates`; 0 of one."""
        count = len(values)
        if count < 2:
            return 0.0
        return float(np.sqrt((count - 1) / count * ((values - values.mean()) ** 2).sum()))

    @property
    def gain_error(self) -> float:
        """Standard error of the gain."""
        return self.spread(self.replicates[:, 0])


@dataclass(frozen=True, eq=False)
class _Chosen:
    """Residuals in bins of equal guide, those of rough surroundings left out."""

    square: Floats
    level: Floats
    guide: Floats
    bin: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]  # bin and block in one number
    bins: int


def fit_line(
    residuals: Sequence[Residuals], *, least: float, within: tuple[float, float]
) -> Line | None:
    """The line of squared residuals over levels; None where there are too few of them.

    Pixels are sorted into bins by the mean of their surroundings, whose noise is another, so
    that regression is not diluted by noise in the level. In each bin the smoothest are taken.
    Squares beyond `CLIP_SD` of the line are left out, and bins off the line weigh less.

    Parameters
    ----------
    residuals : sequence of Residuals
        Of all fields.
    least : float
        Smallest variance that is possible: that of rounding.
    within : (float, float)
        Levels at which pixels are cut off. Bins whose noise reaches them are left out: their
        variance would lack a tail.
    """
    chosen = _choose(residuals)
    if chosen is None:
        return None
    line = _weigh(_bin_medians(chosen), None, least)
    table = np.zeros((0, 0))
    for _ in range(_ROUNDS):
        if line is None:
            return None
        table = _bin_means(chosen, line, least)
        totals = table.sum(1)
        level = totals[:, 1] / np.maximum(totals[:, 0], 1)
        noise = CUT_SD * np.sqrt(np.maximum(line[0] * level + line[1], least))
        table[(level + noise >= within[1]) | (level - noise <= within[0])] = 0
        line = _weigh(_points(table.sum(1)), line, least)
    if line is None:
        return None
    blocks = [block for block in range(table.shape[1]) if table[:, block, 0].any()]
    rest = [_weigh(_points(np.delete(table, block, 1).sum(1)), line, least) for block in blocks]
    replicates = np.array([replicate for replicate in rest if replicate is not None])
    return Line(*line, replicates, _points(table.sum(1)))


def bin_edges(guide: Floats) -> Floats:
    """Edges of bins: some of equal number, some of equal width."""
    low, high = np.quantile(guide, [0.001, 0.999])
    even = np.quantile(guide, np.linspace(0, 1, QUANTILE_BINS + 1))
    return np.unique(np.concatenate([even, np.linspace(low, high, RANGE_BINS + 1)]))


def choose_smooth(bins: npt.NDArray[np.int64], roughness: Floats) -> npt.NDArray[np.bool_]:
    """The smoothest pixels of each bin that holds enough."""
    chosen = np.zeros(len(bins), np.bool_)
    for number in np.unique(bins):
        inside = np.flatnonzero(bins == number)
        if len(inside) >= LEAST_COUNT:
            rough = roughness[inside]
            chosen[inside[rough <= np.quantile(rough, SMOOTHEST)]] = True
    return chosen


def join(residuals: Sequence[Residuals], name: str) -> npt.NDArray[np.float64]:
    """One array of all fields."""
    return np.concatenate([getattr(part, name) for part in residuals])


def _choose(residuals: Sequence[Residuals]) -> _Chosen | None:
    if sum(part.value.size for part in residuals) < 2 * LEAST_COUNT:
        return None
    guide = join(residuals, "guide")
    edges = bin_edges(guide)
    if len(edges) < 3:
        return None
    bins = np.digitize(guide, edges[1:-1])
    kept = choose_smooth(bins, join(residuals, "roughness"))
    block = join(residuals, "block").astype(np.int64)
    bins = bins[kept]
    return _Chosen(
        join(residuals, "value")[kept] ** 2,
        join(residuals, "level")[kept],
        guide[kept],
        bins,
        bins * BLOCKS**2 + block[kept],
        len(edges) - 1,
    )


def _bin_medians(chosen: _Chosen) -> Floats:
    rows = []
    for number in range(chosen.bins):
        inside = chosen.bin == number
        if (count := np.count_nonzero(inside)) >= LEAST_COUNT // 2:
            variance = np.median(chosen.square[inside]) / MEDIAN_OF_SQUARE
            rows.append((chosen.level[inside].mean(), variance, count))
    return np.array(rows).reshape(-1, 3)


def _bin_means(chosen: _Chosen, line: tuple[float, float], least: float) -> Floats:
    """Number, sum of levels and sum of squares: shape (bins, blocks, 3)."""
    at_level = line[0] * chosen.level + line[1]
    around = line[0] * chosen.guide + line[1]
    expected = np.maximum(np.maximum(at_level, around), least)
    inside = chosen.square < CLIP_SD**2 * np.maximum(expected, 1e-12)
    cell, cells = chosen.cell[inside], chosen.bins * BLOCKS**2
    sums = [
        np.bincount(cell, weights, cells)
        for weights in (None, chosen.level[inside], chosen.square[inside])
    ]
    return np.stack(sums, -1).astype(np.float64).reshape(chosen.bins, BLOCKS**2, 3)


def _points(totals: Floats) -> Floats:
    """Level, variance and number of the bins that hold enough, from their sums."""
    totals = totals[totals[:, 0] >= LEAST_COUNT // 2]
    count = totals[:, :1]
    return np.concatenate([totals[:, 1:] / count, count], 1)


def _weigh(
    points: Floats, line: tuple[float, float] | None, least: float
) -> tuple[float, float] | None:
    """The line through points by weighted least squares, iterated with Cauchy weights."""
    if len(points) < 3 or np.ptp(points[:, 0]) <= 0:
        return None
    level, variance, count = points.T
    floor = max(least, 1e-6 * float(variance.max()), 1e-12)
    center = float(level.mean())  # keeps the two unknowns apart
    terms = np.stack([level - center, np.ones_like(level)], 1)
    found = None if line is None else np.array([line[0], line[0] * center + line[1]])
    for _ in range(6):
        expected = np.maximum(variance if found is None else terms @ found, floor)
        off = variance / expected - 1
        typical = SD_PER_MAD * float(np.median(np.abs(off))) if found is not None else 1.0
        scale = np.maximum(np.sqrt(2 / count), typical)
        root = 1 / (expected * scale * np.sqrt(1 + (off / (2 * scale)) ** 2))
        found = np.linalg.lstsq(terms * root[:, None], variance * root, rcond=None)[0]
    assert found is not None
    return float(found[0]), float(found[1] - found[0] * center)
