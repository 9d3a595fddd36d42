"""What is read off an expected signal to fit a response to it, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_EXPONENTS = (0.3, 4.0)
_HAZE_GAINS = (0.0, 1.0)
_SOLVER_PIXELS = 200_000
_SIGNAL_FLOOR = 1e-4
_ROUNDING = 1e-9  # a variance below this part of the mean square is rounding


@dataclass(frozen=True, eq=False)
class SignalPart:
    """A part of an image to which a response is fitted; all arrays have one shape.

    `background` is a function, since the mask's surroundings take long to find and only one of
    two passes looks at them.
    """

    signal: Floats
    weight: Floats
    mask: Mask
    background: Callable[[], Mask]


@dataclass
class SignalSums:
    """Sums over the pixels of an image of a = s·w and b = s·(1 - w), s the shaped signal."""

    inside: Doubles  # n, Σa, Σb in the mask
    outside: Doubles  # n, Σa, Σb, Σa², Σab, Σb² in the background

    def background_mean(self, haze_gain: float) -> float:
        """Mean of a + haze_gain · b in the background; 0 where there is none."""
        count, a, b = self.outside[:3]
        return float((a + haze_gain * b) / count) if count else 0.0

    def background_variance(self, haze_gain: float) -> float:
        """Variance of the same; 0 where there is no background."""
        count, _, _, aa, ab, bb = self.outside
        if not count:
            return 0.0
        square = float((aa + 2 * haze_gain * ab + haze_gain**2 * bb) / count)
        variance = square - self.background_mean(haze_gain) ** 2
        return variance if variance > _ROUNDING * square else 0.0

    def mean_difference(self, haze_gain: float) -> float:
        """Mean in the mask less mean in the background, above 0."""
        count, a, b = self.inside
        inside = float((a + haze_gain * b) / count) if count else 0.0
        return max(inside - self.background_mean(haze_gain), 1e-9)

    def find_haze_gain(self, gain: float, wanted_variance: float) -> float:
        """Factor that brings the variance of the haze to the wanted one, within its bounds."""
        variance = gain**2 * self.background_variance(1.0)
        if variance <= 0:
            return 1.0
        return float(np.clip(np.sqrt(wanted_variance / variance), *_HAZE_GAINS))


def sum_parts(parts: Iterable[SignalPart], exponent: float) -> SignalSums:
    """Sums over all parts of the signal raised to `exponent` inside objects."""
    inside, outside = np.zeros(3), np.zeros(6)
    for part in parts:
        shaped = shape_signal(part.signal, part.weight, exponent)
        for region, total in ((part.mask, inside), (part.background(), outside)):
            a = (shaped[region] * part.weight[region]).astype(np.float64)
            b = shaped[region].astype(np.float64) - a
            total[:3] += a.size, a.sum(), b.sum()
            if total.size > 3:
                total[3:] += a @ a, a @ b, b @ b
    return SignalSums(inside, outside)


def sample_foreground(
    parts: Iterable[SignalPart], foreground_count: int
) -> tuple[Doubles, Doubles]:
    """Log signal and weight of every n-th pixel in the mask, at most about 200 000."""
    step = max(1, foreground_count // _SOLVER_PIXELS)
    logs, weights = [np.zeros(0)], [np.zeros(0)]
    seen = 0
    for part in parts:
        chosen = slice(-seen % step, None, step)
        logs.append(_floor_log(part.signal[part.mask][chosen]).astype(np.float64))
        weights.append(part.weight[part.mask][chosen].astype(np.float64))
        seen += int(np.count_nonzero(part.mask))
    return np.concatenate(logs), np.concatenate(weights)


def solve_exponent(log_signal: Doubles, weight: Doubles, relative_sd: float) -> float:
    """The power for which SD over mean inside objects is `relative_sd`, by bisection."""
    if log_signal.size < 2 or log_signal.std() < 1e-6:
        return 1.0
    low, high = _EXPONENTS
    for _ in range(24):
        middle = (low + high) / 2
        shaped = np.exp(log_signal * (1 + (middle - 1) * weight))
        if shaped.std() < relative_sd * shaped.mean():
            low = middle
        else:
            high = middle
    return (low + high) / 2


def shape_signal(signal: Floats, weight: Floats, exponent: float) -> Floats:
    """The signal raised to a power: `exponent` where the weight is 1, one where it is 0."""
    return np.asarray(np.exp(_floor_log(signal) * (1 + (exponent - 1) * weight)))


def _floor_log(signal: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(signal, np.float32(_SIGNAL_FLOOR))))
