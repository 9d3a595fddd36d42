"""Rows of scores as JSON, CSV and a text table, with the best of each column marked."""

from __future__ import annotations

import csv
import io
import json
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from napari_fidelity.metrics.measure import Score
from napari_fidelity.metrics.spec import METRICS

LINE_WIDTH = 100
BEST_MARK = "*"


@dataclass(frozen=True)
class ScoreRow:
    """The scores of one image, or of one of its planes.

    Parameters
    ----------
    name : str
        The image's name.
    scores : mapping of str to Score
        By key, in the order in which they were asked for.
    settings : mapping
        What the scores were computed with; see `Score.settings`.
    plane : tuple of int, optional
        Index along the leading axes; empty for a whole image.
    is_mean : bool
        Whether the row is the mean over an image's planes.
    baselines : mapping of str to float
        SFM of the mask alone, `"blurred"` and `"distance"`.
    nfm_floor : float
        NFM between two halves of the reference.
    verdicts : mapping of str to str
        Plain words for `"signal"`, `"noise"` and `"blur"`.
    """

    name: str
    scores: Mapping[str, Score]
    settings: Mapping[str, Any]  # Any: numbers, words and None
    plane: tuple[int, ...] = ()
    is_mean: bool = False
    baselines: Mapping[str, float] = field(default_factory=dict)
    nfm_floor: float = math.nan
    verdicts: Mapping[str, str] = field(default_factory=dict)

    @property
    def plane_label(self) -> str:
        """`""` for a whole image, `"mean"`, or the indices such as `"2, 0"`."""
        return "mean" if self.is_mean else ", ".join(map(str, self.plane))

    @property
    def reasons(self) -> dict[str, str]:
        """Why values are NaN or infinite, and reservations about others, by key."""
        return {key: score.reason for key, score in self.scores.items() if score.reason}

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about values that exist but mislead: a gain, a clipped background."""
        found = [str(s.details["warning"]) for s in self.scores.values() if "warning" in s.details]
        return tuple(dict.fromkeys(found))


def find_best(rows: Sequence[ScoreRow], key: str) -> set[int]:
    """Positions of the rows with the best value of a metric, among rows of the same plane.

    Best is the highest, the lowest or, for ratios, the smallest `|log|`, as the catalog says.
    Equals share it; a row without a rival has none.

    Examples
    --------
    >>> rows = [ScoreRow(n, {"bfm": Score("bfm", v, "", {})}, {}) for n, v in [("a", .4), ("b", 2)]]
    >>> find_best(rows, "bfm")
    {1}
    """
    best: set[int] = set()
    for label in dict.fromkeys(row.plane_label for row in rows):
        group = [i for i, r in enumerate(rows) if r.plane_label == label and key in r.scores]
        costs = {i: count_cost(rows[i].scores[key].value, METRICS[key].better) for i in group}
        known = {i: cost for i, cost in costs.items() if cost is not None}
        if len(known) > 1:
            best |= {i for i, cost in known.items() if cost == min(known.values())}
    return best


def count_cost(value: float, better: str) -> float | None:
    """How bad a value is; None where it cannot be ranked."""
    if math.isnan(value) or better not in COSTS:
        return None
    return COSTS[better](value)


COSTS: Mapping[str, Callable[[float], float]] = {
    "higher": lambda value: -value,
    "lower": lambda value: value,
    "one": lambda value: abs(math.log(value)) if 0 < value < math.inf else math.inf,
}


def list_json_rows(rows: Sequence[ScoreRow]) -> list[dict[str, Any]]:  # Any: JSON values
    """One dictionary an image: `image`, a number for each metric, `settings`, `reasons`, ….

    NaN and infinity become None; `reasons` says why. `details` holds the companions of each
    metric that has any.
    """
    return [
        {
            "image": row.name,
            **({"plane": "mean" if row.is_mean else list(row.plane)} if row.plane_label else {}),
            **{key: clean_number(score.value) for key, score in row.scores.items()},
            "settings": {key: clean_number(value) for key, value in row.settings.items()},
            "reasons": row.reasons,
            "baselines": {key: clean_number(value) for key, value in row.baselines.items()},
            "nfm_floor": clean_number(row.nfm_floor),
            "verdicts": dict(row.verdicts),
            "warnings": list(row.warnings),
            "details": {
                key: {name: clean_number(value) for name, value in score.details.items()}
                for key, score in row.scores.items()
                if score.details
            },
        }
        for row in rows
    ]


def clean_number(value: Any) -> Any:  # Any: numbers, words and None
    """None in place of NaN and infinity, which JSON does not have."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def format_json(rows: Sequence[ScoreRow]) -> str:
    """`list_json_rows` as text."""
    return json.dumps(list_json_rows(rows), indent=2, ensure_ascii=False, allow_nan=False)


def format_csv(rows: Sequence[ScoreRow]) -> str:
    """A line an image: metrics with all digits, settings, baselines, floor, reasons.

    NaN is an empty cell, infinity is `inf`.
    """
    keys, settings = list_keys(rows), list(rows[0].settings) if rows else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    baselines = [f"sfm_baseline_{key}" for key in (rows[0].baselines if rows else {})]
    writer.writerow(["image", "plane", *keys, *settings, *baselines, "nfm_floor", "reasons"])
    for row in rows:
        numbers = [*(row.scores[key].value for key in keys)]
        beside = [*row.baselines.values(), row.nfm_floor]
        reasons = "; ".join(f"{key}: {reason}" for key, reason in row.reasons.items())
        cells = [*map(spell_cell, numbers), *map(spell_cell, row.settings.values())]
        writer.writerow([row.name, row.plane_label, *cells, *map(spell_cell, beside), reasons])
    return text.getvalue()


def spell_cell(value: object) -> str:
    """A CSV cell: all digits of a number, nothing for NaN and None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def format_table(rows: Sequence[ScoreRow]) -> str:
    """An aligned table for a terminal; `*` marks the best of a column, notes stand below."""
    if not rows:
        return "Nothing was measured."
    names = [f"{row.name} [{row.plane_label}]" if row.plane_label else row.name for row in rows]
    head = pad_column(["image", *names], left=True)
    columns = [pad_column([key, *spell_column(rows, key)]) for key in list_keys(rows)]
    blocks, width = [[head]], len(head[0])
    for column in columns:
        if width + 2 + len(column[0]) > LINE_WIDTH and len(blocks[-1]) > 1:
            blocks.append([head])
            width = len(head[0])
        blocks[-1].append(column)
        width += 2 + len(column[0])
    tables = [
        "\n".join("  ".join(cells).rstrip() for cells in zip(*b, strict=True)) for b in blocks
    ]
    return "\n\n".join([*tables, "\n".join(list_notes(rows, names))])


def spell_column(rows: Sequence[ScoreRow], key: str) -> list[str]:
    """The values of a metric to four digits, each followed by a mark or a blank."""
    best = find_best(rows, key)
    return [
        ("–" if math.isnan(v := row.scores[key].value) else f"{v:.4g}")
        + (BEST_MARK if i in best else " ")
        for i, row in enumerate(rows)
    ]


def pad_column(cells: Sequence[str], *, left: bool = False) -> list[str]:
    """Cells of equal width."""
    width = max(map(len, cells))
    return [cell.ljust(width) if left else cell.rjust(width) for cell in cells]


def list_notes(rows: Sequence[ScoreRow], names: Sequence[str]) -> list[str]:
    """What must stand beside the numbers: baselines, floor, settings, reasons, warnings."""
    notes = [f"{BEST_MARK} best of the column"] if len(rows) > 1 else []
    for text in dict.fromkeys(map(describe_reference, rows)):
        owners = [n for n, row in zip(names, rows, strict=True) if describe_reference(row) == text]
        whole = text if len(owners) == len(rows) else f"{', '.join(owners)}: {text}"
        notes.append(textwrap.fill(whole, LINE_WIDTH, subsequent_indent="  "))
    for name, row in zip(names, rows, strict=True):
        notes += [f"{name}: {key}: {reason}" for key, reason in row.reasons.items()]
        notes += [f"{name}: {warning}" for warning in row.warnings]
        notes += [f"{name}: {', '.join(row.verdicts.values())}"] if row.verdicts else []
    return notes


def describe_reference(row: ScoreRow) -> str:
    """Baselines, floor and settings of a row in one line."""
    parts = [
        f"{key} mask scores SFM {value:.3f}"
        for key, value in row.baselines.items()
        if math.isfinite(value)
    ]
    parts += [f"floor of NFM {row.nfm_floor:.3f}"] if math.isfinite(row.nfm_floor) else []
    parts += [f"{key} {value}" for key, value in row.settings.items() if value is not None]
    return "; ".join(parts)


def list_keys(rows: Sequence[ScoreRow]) -> list[str]:
    """The metrics of the rows."""
    return list(rows[0].scores) if rows else []


FORMATS: Mapping[str, Callable[[Sequence[ScoreRow]], str]] = {
    "table": format_table,
    "csv": format_csv,
    "json": format_json,
}
