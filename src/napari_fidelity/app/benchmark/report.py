"""Rows of a benchmark as a table, as JSON, and as words on what to expect."""

from __future__ import annotations

import json
from collections.abc import Sequence

from napari_fidelity.app.benchmark.row import Row

HEADINGS = ("benchmark", "ours", "other", "unit", "ratio", "")


def format_rows(rows: Sequence[Row]) -> str:
    """A table, a line a row; the ratio is other over ours.

    Examples
    --------
    >>> print(format_rows([Row("ssim_2048", 0.5, 2.0, "s", "beside scikit-image's")]))
    benchmark  ours  other  unit  ratio
    ssim_2048  0.5   2      s     4.0    beside scikit-image's
    """
    lines = [HEADINGS, *map(_list_cells, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def format_json(rows: Sequence[Row]) -> str:
    """A JSON list of objects with the keys name, ours, other, ratio and unit."""
    return json.dumps([row.as_json() for row in rows], indent=2, ensure_ascii=False)


def _list_cells(row: Row) -> tuple[str, ...]:
    other = "" if row.other is None else _spell(row.other)
    ratio = "" if row.ratio is None else f"{row.ratio:.1f}"
    return row.name, _spell(row.ours), other, row.unit, ratio, row.remark


def _spell(number: float) -> str:
    """Three digits, and no power of ten for large numbers."""
    return f"{number:.0f}" if number >= 1000 else f"{number:.3g}"
