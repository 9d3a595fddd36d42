"""Numbers of the normal distribution that turn medians into standard deviations."""

from __future__ import annotations

SD_PER_MAD = 1.4826  # standard deviation over the median of the distances from the centre
MEDIAN_OF_SQUARE = 0.4549  # of a standard normal
