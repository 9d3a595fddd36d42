"""What one metric says about one pair of images, before settings are attached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NEEDS_MASK = "needs a mask"


@dataclass(frozen=True)
class Reading:
    """A value with the reason for what is odd about it, and the numbers that stand beside it.

    Parameters
    ----------
    value : float
        NaN where the metric is not defined for this input.
    reason : str
        Never empty for NaN and infinity; may also qualify a finite value.
    details : mapping
        Numbers and short texts that a reader needs to judge the value.
    """

    value: float
    reason: str = ""
    details: Mapping[str, float | str] = field(default_factory=dict)

    @classmethod
    def undefined(cls, reason: str, **details: float | str) -> Reading:
        """NaN, with its reason."""
        return cls(float("nan"), reason, details)
