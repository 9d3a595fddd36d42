"""A number of a degradation: stated, or drawn from an interval anew for every seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self
from zlib import crc32

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from napari_fidelity.core.params import Params
from napari_fidelity.core.random import uniform

DIGITS = 6  # of a drawn number: it shall be read and typed again


class Interval(Params):
    """Numbers from `low` to `high`, each as likely.

    Comparisons with a number hold where they hold for the whole interval, so that the bounds
    of a field bind intervals like numbers.

    Examples
    --------
    >>> span = Interval(low=2, high=5)
    >>> str(span), span >= 1, span <= 4
    ('2 to 5', True, False)
    """

    low: float = Field(title="From", description="Smallest value that is drawn")
    high: float = Field(title="To", description="Largest value that is drawn")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.low > self.high:
            raise PydanticCustomError(
                "interval",
                "must go from a number to one that is not less, not {span}",
                {"span": str(self)},
            )
        return self

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"

    def __ge__(self, bound: float) -> bool:
        return self.low >= bound

    def __gt__(self, bound: float) -> bool:
        return self.low > bound

    def __le__(self, bound: float) -> bool:
        return self.high <= bound

    def __lt__(self, bound: float) -> bool:
        return self.high < bound


def parse_amount(value: Any) -> float | Interval:  # Any: from files, forms and options
    """A number or an interval from what a file or a person says.

    Examples
    --------
    >>> parse_amount("3"), parse_amount({"low": 1, "high": 2})
    (3.0, Interval(low=1.0, high=2.0))
    """
    if isinstance(value, Interval):
        return value
    if isinstance(value, Mapping) and set(value) == {"low", "high"}:
        return _make_interval(value["low"], value["high"])
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2:
        return _make_interval(*value)
    return _parse_number(value)


Amount = Annotated[float | Interval, BeforeValidator(parse_amount)]


def number(amount: float | Interval) -> float:
    """The number of an amount that is drawn.

    Raises
    ------
    ValueError
        It is an interval still: the step has not been drawn.
    """
    if isinstance(amount, Interval):
        raise ValueError(f"draw the step first: {amount} is no number yet")
    return amount


def draw_amount(amount: float | Interval, *, seed: int, index: int, field: str) -> float:
    """The number itself, or one from the interval, keyed by seed, place in the pipeline and field.

    Examples
    --------
    >>> draw_amount(2.5, seed=1, index=0, field="photons")
    2.5
    >>> 10 <= draw_amount(Interval(low=10, high=20), seed=1, index=0, field="photons") <= 20
    True
    """
    if not isinstance(amount, Interval):
        return amount
    stream = crc32(f"draw {index} {field}".encode())
    share = float(uniform((1,), seed=seed, stream=stream)[0])
    value = float(f"{amount.low + share * (amount.high - amount.low):.{DIGITS}g}")
    return min(max(value, amount.low), amount.high)


def _make_interval(low: Any, high: Any) -> Interval:  # Any: as above
    first, last = _parse_number(low), _parse_number(high)
    if first > last:
        raise PydanticCustomError(
            "interval", "must be an interval from a smaller to a larger number"
        )
    return Interval(low=first, high=last)


def _parse_number(value: Any) -> float:  # Any: as above
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise PydanticCustomError("amount", "must be a number or an interval of two")
    return number
