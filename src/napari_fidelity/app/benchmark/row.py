"""One line of a benchmark: ours beside another way to get the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """What one measurement gave.

    Parameters
    ----------
    name : str
        Key of the measurement, such as "predict_float32".
    ours : float
        What ours took, in `unit`.
    other : float or None
        What the other way took in the same run, in the same unit; None where there is none.
    unit : str
        Unit of both: "s", "ms".
    remark : str
        What else to know, such as the precision that was used; for people, not in the JSON.

    Examples
    --------
    >>> Row("ssim_2048", ours=0.5, other=2.0, unit="s").as_json()
    {'name': 'ssim_2048', 'ours': 0.5, 'other': 2.0, 'ratio': 4.0, 'unit': 's'}
    """

    name: str
    ours: float
    other: float | None
    unit: str
    remark: str = ""

    @property
    def ratio(self) -> float | None:
        """Other over ours: above 1, ours is faster; None where there is no other."""
        return None if self.other is None else self.other / self.ours

    def as_json(self) -> dict[str, Any]:  # Any: a word, a number or None
        """The row with the keys name, ours, other, ratio and unit."""
        return {
            "name": self.name,
            "ours": self.ours,
            "other": self.other,
            "ratio": self.ratio,
            "unit": self.unit,
        }
