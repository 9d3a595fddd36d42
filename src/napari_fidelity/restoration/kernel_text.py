"""A small blur written as text, so that settings can keep it."""

from __future__ import annotations

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.restoration.spec import Floats


def spell_kernel(kernel: Floats) -> str:
    """Rows divided by semicolons, with four digits.

    Examples
    --------
    >>> spell_kernel(np.array([[0, 0.25, 0.75]], np.float32))
    '0 0.25 0.75'
    """
    return "; ".join(" ".join(f"{value:.4g}" for value in row) for row in kernel)


def parse_kernel(text: str) -> Floats:
    """The blur that a text spells, its sum made 1.

    Raises
    ------
    UserError
        Words, rows of unequal length, sides of even length, values below 0, or all zeros.

    Examples
    --------
    >>> parse_kernel("0 1 0; 1 4 1; 0 1 0").tolist()[1]
    [0.125, 0.5, 0.125]
    """
    try:
        rows = [[float(word) for word in row.split()] for row in text.split(";")]
    except ValueError:
        raise UserError(
            "A blur is rows of numbers divided by semicolons, such as '0 1 0; 1 4 1; 0 1 0'."
        ) from None
    lengths = {len(row) for row in rows}
    if len(lengths) != 1 or len(rows) % 2 == 0 or lengths.pop() % 2 == 0:
        raise UserError("A blur needs rows of equal length and an odd number of both.")
    values = np.array(rows, np.float64)
    total = float(values.sum())
    if not np.isfinite(values).all() or values.min() < 0 or total <= 0:
        raise UserError("A blur needs values of 0 or more that are not all zero.")
    return np.asarray(values / total, np.float32)
