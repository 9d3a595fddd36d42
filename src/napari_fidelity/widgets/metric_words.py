"""What a number means, in words: definition, range, direction, and why it is missing."""

from __future__ import annotations

import math
import textwrap

from napari_fidelity.metrics.measure import Score
from napari_fidelity.metrics.spec import MetricSpec

DIRECTIONS = {
    "higher": "higher is better",
    "lower": "lower is better",
    "one": "best at 1; the further away in ratio, the worse",
    "none": "neither high nor low is better",
}


def describe_metric(spec: MetricSpec, score: Score | None = None) -> str:
    """Tooltip of a metric: title, definition, range and direction, then the score's own remarks."""
    unit = f" ({spec.unit})" if spec.unit else ""
    lines = [
        f"{spec.title}{unit}",
        *textwrap.wrap(spec.definition, 64),
        f"Range: {spec.range}",
        f"Direction: {DIRECTIONS[spec.better]}",
    ]
    if score is not None and not math.isnan(score.value):
        lines.insert(0, f"{score.value:.6g}".replace("-", "−"))
    if score is not None and score.reason:
        lines += ["", *textwrap.wrap(score.reason, 64)]
    return "\n".join(lines)


def spell_number(value: float) -> str:
    """A number in at most eight characters.

    Examples
    --------
    >>> [spell_number(v) for v in (0.98765, -0.5, 31.277, 1234.5, 4.1e-5, 0.0, float("inf"))]
    ['0.988', '−0.500', '31.28', '1234.5', '4.1e−05', '0', '∞']
    >>> spell_number(float("nan"))
    '–'
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if value == 0:
        text = "0"
    elif size < 0.001 or size >= 1e6:
        text = f"{value:.2g}"
    else:
        text = f"{value:.{3 if size < 10 else 2 if size < 100 else 1}f}"
    return text.replace("-", "−")
