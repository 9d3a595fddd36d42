"""Where a score stands on its bar: a straight or logarithmic scale with an ideal."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class BarScale:
    """The line on which a bar is drawn.

    Parameters
    ----------
    low, high : float
        Values at the left and the right end; beyond them the bar is cut, with an arrow.
    ideal : float
        The value of a perfect image.
    start : float
        Where the filled part begins.
    logarithmic : bool
        Equal ratios at equal distances; needs `low > 0`.
    low_words, high_words : str
        What the two ends mean, in a word or two.
    """

    low: float
    high: float
    ideal: float
    start: float
    logarithmic: bool = False
    low_words: str = ""
    high_words: str = ""

    def fraction(self, value: float) -> float:
        """Position of `value`, 0 at the left end to 1 at the right, cut at both ends.

        Examples
        --------
        >>> BarScale(low=1 / 8, high=8, ideal=1, start=1, logarithmic=True).fraction(1.0)
        0.5
        >>> BarScale(low=0, high=1, ideal=0, start=0).fraction(-0.2)
        0.0
        """
        if self.logarithmic:
            if value <= 0:
                return 0.0
            value, low, high = math.log(value), math.log(self.low), math.log(self.high)
        else:
            low, high = self.low, self.high
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def is_beyond(self, value: float) -> bool:
        """Whether `value` does not fit on the line."""
        return not self.low <= value <= self.high


SIGNAL_SCALE = BarScale(0.0, 1.0, 1.0, 0.0, low_words="unrelated", high_words="ideal")
NOISE_SCALE = BarScale(0.0, 1.0, 0.0, 0.0, low_words="ideal", high_words="no overlap")
BLUR_SCALE = BarScale(
    1 / 16, 16.0, 1.0, 1.0, logarithmic=True, low_words="blurred", high_words="sharp"
)
