"""The tables of the study: a line for every field as CSV, means as Markdown."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence

import numpy as np

from napari_fidelity.metrics import METRICS
from napari_fidelity.studies.classical_restoration.candidates import CANDIDATES
from napari_fidelity.studies.classical_restoration.conditions import CONDITIONS, Condition
from napari_fidelity.studies.classical_restoration.failures import FailureTrials
from napari_fidelity.studies.classical_restoration.scores import KEYS
from napari_fidelity.studies.classical_restoration.trials import TrialFile
from napari_fidelity.studies.classical_restoration.tuning import INPUT, Row

SHOWN = ("psnr", "ssim", "pcc", "sfm", "nfm", "bfm", "bfm_sigma")
DIGITS = {"psnr": 2, "bfm": 2, "bfm_sigma": 2}
DEFAULT_DIGITS = 3
NONE = "–"
CLAIMED = "richardson-lucy"


def format_rows(rows: Sequence[Row]) -> str:
    """Every score of every field as CSV; NaN is an empty cell.

    The settings are those that were chosen on other fields.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["condition", "field", "method", "settings", *KEYS])
    for row in rows:
        cells = ["" if math.isnan(row.scores[key]) else row.scores[key] for key in KEYS]
        settings = CANDIDATES[row.method].spell(row.settings) if row.settings else ""
        writer.writerow([row.condition, row.field, row.method, settings, *cells])
    return text.getvalue()


def format_condition(condition: Condition, rows: Sequence[Row]) -> str:
    """A section with the means over fields, the input first, the best of each column bold."""
    mine = [row for row in rows if row.condition == condition.key]
    methods = list(dict.fromkeys(row.method for row in mine))
    by_method = {m: [row for row in mine if row.method == m] for m in methods}
    means = {key: {m: _mean(by_method[m], key) for m in methods} for key in SHOWN}
    best = {key: _find_best(key, means[key]) for key in SHOWN}
    titles = [METRICS[key].title for key in SHOWN]
    lines = [
        f"| method | {' | '.join(titles)} | PCC above the input | settings |",
        "|---|" + "---|" * (len(SHOWN) + 2),
    ]
    for method in methods:
        cells = []
        for key in SHOWN:
            text = _spell(means[key][method], key)
            cells.append(f"**{text}**" if method == best[key] else text)
        lines.append(
            f"| {_title(method)} | {' | '.join(cells)} | "
            f"{_count_better(by_method[method], by_method[INPUT])} | "
            f"{_spell_chosen(by_method[method])} |"
        )
    count = len(by_method[INPUT])
    spread = np.nanstd([row.scores["psnr"] for row in by_method[INPUT]])
    about = (
        f"{condition.about} Means over {count} fields, among which the PSNR of the input has a "
        f"standard deviation of {spread:.1f} dB."
    )
    return f"### {condition.title}\n\n{about}\n\n" + "\n".join(lines) + "\n"


def format_findings(
    rows: Sequence[Row], conditions: Sequence[Condition], whole: Mapping[str, Sequence[float]]
) -> str:
    """What the tables say, as a list: Richardson–Lucy, W2S, and the best of each condition."""
    lines = []
    for key in ("pcc", "bfm_sigma"):
        before, after = (_pick(rows, "blurred", method, key) for method in (INPUT, CLAIMED))
        better = sum(
            _cost(key, two) < _cost(key, one) for one, two in zip(before, after, strict=True)
        )
        lines.append(
            f"- {CANDIDATES[CLAIMED].title} on blurred images with little noise: "
            f"{METRICS[key].title} from {_spell(average(before, key), key)} to "
            f"{_spell(average(after, key), key)}, better in {better} of {len(after)} fields."
        )
    first, second = (f"{np.min(v):.1f} to {np.max(v):.1f} dB" for v in whole.values())
    means = [f"{np.mean(values):.1f} dB" for values in whole.values()]
    smooth = list(whole)[-1]
    lines.append(
        f"- W2S at full size, after the affine fit: the input has {means[0]} ({first}), a plain "
        f"{smooth} {means[1]} ({second})."
    )
    for condition in conditions:
        means_of = {
            method: average(_pick(rows, condition.key, method, "psnr"), "psnr")
            for method in (INPUT, *condition.methods)
        }
        best = _find_best("psnr", means_of)
        lines.append(
            f"- {condition.title}: highest mean PSNR by {_title(best)}, "
            f"{means_of[best] - means_of[INPUT]:+.1f} dB over the input."
        )
    return "\n".join(lines) + "\n"


def _pick(rows: Sequence[Row], condition: str, method: str, key: str) -> list[float]:
    return [r.scores[key] for r in rows if (r.condition, r.method) == (condition, method)]


def format_failures(plans: Sequence[FailureTrials], trials: TrialFile) -> str:
    """A table of the methods where they belong and where they fail, means over fields."""
    lines = [
        "| method | where it belongs | input → result | where it fails | input → result "
        "| worse than the input |",
        "|---|---|---|---|---|---|",
    ]
    for plan in plans:
        failure = plan.failure
        key, name = failure.measure, METRICS[failure.measure].title
        values = [
            [trials.scores[trial.key][key] for trial in part]
            for part in (plan.home_input, plan.at_home, plan.regime_input, plan.in_regime)
        ]
        means = [_spell(average(part, key), key) for part in values]
        worse = sum(
            _cost(key, after) > _cost(key, before)
            for before, after in zip(*values[2:], strict=True)
        )
        lines.append(
            f"| {CANDIDATES[failure.method].title} | {CONDITIONS[failure.home].title} | "
            f"{name} {means[0]} → {means[1]} | {failure.about} | {name} {means[2]} → {means[3]} | "
            f"{worse} of {len(values[2])} fields |"
        )
    return "\n".join(lines) + "\n"


def format_whole(scores: Mapping[str, Sequence[float]]) -> str:
    """The table of PSNR after an affine fit on the whole fields of W2S."""
    lines = ["| | mean | SD | least | most | fields |", "|---|---|---|---|---|---|"]
    for title, values in scores.items():
        found = np.asarray(values, np.float64)
        lines.append(
            f"| {title} | {found.mean():.2f} dB | {found.std():.2f} | {found.min():.2f} | "
            f"{found.max():.2f} | {found.size} |"
        )
    return "\n".join(lines) + "\n"


def _title(method: str) -> str:
    return "*the input*" if method == INPUT else CANDIDATES[method].title


def _mean(rows: Sequence[Row], key: str) -> float:
    return average([row.scores[key] for row in rows], key)


def average(values: Sequence[float], key: str) -> float:
    """The mean of what is finite; of ratios, whose best is 1, the geometric mean.

    Examples
    --------
    >>> average([0.5, 2.0], "bfm"), average([0.5, 2.0], "psnr")
    (1.0, 1.25)
    """
    found = [value for value in values if math.isfinite(value)]
    if not found:
        return math.nan
    if METRICS[key].better == "one" and min(found) > 0:
        return math.exp(float(np.mean(np.log(found))))
    return float(np.mean(found))


def _spell(value: float, key: str) -> str:
    if math.isnan(value):
        return NONE
    digits = DIGITS.get(key, DEFAULT_DIGITS)
    return f"{value:.0f}" if value >= 100 and digits else f"{value:.{digits}f}"


def _cost(key: str, value: float) -> float:
    """How bad a value is, by the catalog of metrics."""
    better = METRICS[key].better
    if math.isnan(value):
        return math.inf
    if better == "one":
        return abs(math.log(value)) if value > 0 else math.inf
    return -value if better == "higher" else value


def _find_best(key: str, values: Mapping[str, float]) -> str:
    return min(values, key=lambda method: _cost(key, values[method]))


def _count_better(rows: Sequence[Row], inputs: Sequence[Row]) -> str:
    if rows[0].method == INPUT:
        return NONE
    before = {row.field: row.scores["pcc"] for row in inputs}
    better = sum(row.scores["pcc"] > before[row.field] for row in rows)
    return f"{better} of {len(rows)}"


def _spell_chosen(rows: Sequence[Row]) -> str:
    """The settings that were chosen most often, and how often where not always."""
    chosen = [CANDIDATES[row.method].spell(row.settings) for row in rows if row.settings]
    if not chosen:
        return ""
    counts = {text: chosen.count(text) for text in dict.fromkeys(chosen)}
    text = max(counts, key=lambda name: counts[name])
    share = "" if counts[text] == len(chosen) else f" ({counts[text]} of {len(chosen)})"
    return f"{text}{share}"
