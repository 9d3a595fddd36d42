"""Shapes as people write them."""

from __future__ import annotations

from collections.abc import Iterable


def spell_shape(shape: Iterable[int]) -> str:
    """Sides with a cross between them.

    Examples
    --------
    >>> spell_shape((65, 65))
    '65×65'
    """
    return "×".join(str(side) for side in shape)
