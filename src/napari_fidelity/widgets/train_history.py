"""The numbers of a run as they come: kept in columns, thinned into curves. Knows no Qt."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LOSS, RATE, SCORE, UNTOUCHED = "loss_", "rate_", "val_", "val_input_"
Row = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, eq=False)
class Curve:
    """A column as it is drawn: the mean and the range of each stretch of steps.

    Parameters
    ----------
    key : str
        The column's name.
    steps, mean, low, high : array of float, (n,)
        NaN where a stretch holds no finite number.
    last : float
        The newest number.
    """

    key: str
    steps: Floats
    mean: Floats
    low: Floats
    high: Floats
    last: float


class TrainHistory:
    """Columns of a run's numbers: losses, learning rates, validation metrics, previews."""

    def __init__(self) -> None:
        self._steps: dict[str, array[float]] = {}
        self._values: dict[str, array[float]] = {}
        self.last_step = -1
        self.previews: list[tuple[int, dict[str, dict[str, float]]]] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take in further rows."""
        for row in rows:
            step = row.get("step")
            if not isinstance(step, int):
                continue
            self.last_step = max(self.last_step, step)
            for key, value in row.items():
                if key.startswith((LOSS, RATE, SCORE)) and isinstance(value, int | float):
                    self._steps.setdefault(key, array("d")).append(step)
                    self._values.setdefault(key, array("d")).append(value)
            if isinstance(previews := row.get("previews"), dict):
                self.previews.append((step, _read_previews(previews)))

    def goes_back(self, rows: Iterable[Row]) -> bool:
        """Whether `rows` repeat steps: the run went on from an earlier checkpoint."""
        first = next((row["step"] for row in rows if isinstance(row.get("step"), int)), None)
        return first is not None and first < self.last_step

    def keys(self, prefix: str) -> list[str]:
        """Columns whose name begins so, in the order in which they came."""
        return [key for key in self._steps if key.startswith(prefix)]

    def column(self, key: str) -> tuple[Floats, Floats]:
        """Steps and numbers of a column; empty without it."""
        empty: array[float] = array("d")
        steps, values = self._steps.get(key, empty), self._values.get(key, empty)
        return np.array(steps, np.float64), np.array(values, np.float64)

    def first(self, key: str) -> float | None:
        """The first number of a column."""
        values = self._values.get(key)
        return values[0] if values else None

    def curve(self, key: str, most: int = 300) -> Curve:
        """A column thinned to `most` points at most."""
        return thin_curve(key, *self.column(key), most=most)


def thin_curve(key: str, steps: Floats, values: Floats, most: int) -> Curve:
    """Mean, least and greatest number of each of `most` stretches of steps.

    Examples
    --------
    >>> curve = thin_curve("loss", np.arange(6.0), np.array([1, 3, 2, 4, 8, 6.0]), most=3)
    >>> curve.mean.tolist(), curve.low.tolist(), curve.high.tolist()
    ([2.0, 3.0, 7.0], [1.0, 2.0, 6.0], [3.0, 4.0, 8.0])
    """
    last = float(values[-1]) if len(values) else float("nan")
    if len(values) <= most:
        return Curve(key, steps, values, values, values, last)
    stretch = -(-len(values) // most)
    edges = np.arange(0, len(values), stretch)
    known = np.isfinite(values)
    counts = np.add.reduceat(known.astype(np.float64), edges)
    sums = np.add.reduceat(np.where(known, values, 0.0), edges)
    low = np.minimum.reduceat(np.where(known, values, np.inf), edges)
    high = np.maximum.reduceat(np.where(known, values, -np.inf), edges)
    lost = counts == 0
    mean = np.where(lost, np.nan, sums / np.maximum(counts, 1))
    low, high = np.where(lost, np.nan, low), np.where(lost, np.nan, high)
    ends = np.minimum(edges + stretch, len(values)) - 1
    return Curve(key, (steps[edges] + steps[ends]) / 2, mean, low, high, last)


def _read_previews(previews: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """The scores of each preview, numbers only."""
    return {
        str(name): {
            str(key): float(value)
            for key, value in scores.items()
            if isinstance(value, int | float)
        }
        for name, scores in previews.items()
        if isinstance(scores, Mapping)
    }
