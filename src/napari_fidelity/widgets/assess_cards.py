"""An assessment in words, colours and three bars for each image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from napari_fidelity.metrics.measure import Score
from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.metrics.tables import ScoreRow
from napari_fidelity.metrics.verdicts import RIGHT_HIGH, RIGHT_LOW
from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.assess_request import AssessRequest
from napari_fidelity.widgets.assess_result import Card
from napari_fidelity.widgets.bar_scale import BLUR_SCALE, NOISE_SCALE, SIGNAL_SCALE
from napari_fidelity.widgets.metric_words import describe_metric, spell_number
from napari_fidelity.widgets.palette import Grade
from napari_fidelity.widgets.score_bars import Bar, Mark

# How good each verdict of metrics.verdicts is; a test holds both against each other.
GRADES: Mapping[str, Grade] = {
    "signal faithful": "good",
    "signal partly right": "fair",
    "no better than the mask alone": "poor",
    "noise faithful": "good",
    "noise close": "fair",
    "noise differs": "poor",
    "blur right": "good",
    "blur right, background unknown": "good",
    "background too smooth": "fair",
    "background too grainy": "fair",
    "too blurred": "poor",
    "too sharp": "poor",
}
BASELINES = {
    "blurred": "The mask itself, blurred by σ 2 px",
    "distance": "The depth inside the mask, 1 − exp(−d / 3 px)",
}


def make_cards(assessment: Assessment) -> list[Card]:
    """A card for each image, in order; over planes it shows the mean and the range."""
    groups: list[list[ScoreRow]] = []
    for row in assessment.rows:
        same = bool(groups) and not groups[-1][-1].is_mean and row.plane != groups[-1][0].plane
        if not same:
            groups.append([])
        groups[-1].append(row)
    return [make_card(group) for group in groups]


def make_card(rows: Sequence[ScoreRow]) -> Card:
    """The card of one image from its row, or from the rows of its planes and their mean."""
    whole, planes = rows[-1], [row for row in rows if not row.is_mean]
    bars = (signal_bar(whole, planes), noise_bar(whole, planes), blur_bar(whole, planes))
    warnings = dict.fromkeys(warning for row in rows for warning in row.warnings)
    shown = [f"{warning[:1].upper()}{warning[1:]}." for warning in warnings]
    if len(shown) > 2:
        shown = [shown[0], f"{len(shown) - 1} planes more have such a warning: see All metrics."]
    return Card(whole.name, spell_verdict(bars), bars, tuple(shown))


def spell_verdict(bars: Sequence[Bar]) -> str:
    """The words of the bars in one sentence: "Signal faithful, noise too smooth, blur right."."""
    known = [f"{bar.title.lower()} {bar.words}" for bar in bars if bar.grade != "none"]
    sentence = ", ".join(known)
    return f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""


def signal_bar(row: ScoreRow, planes: Sequence[ScoreRow]) -> Bar:
    """SFM with what the mask alone scores."""
    score, verdict = row.scores["sfm"], row.verdicts.get("signal", "")
    marks = tuple(
        Mark(
            value,
            "mask only",
            f"{BASELINES.get(key, key)}, scores {spell_number(value)} with no image at all.\n"
            "Only what lies above tells that the inside of the structures is right.",
        )
        for key, value in row.baselines.items()
        if math.isfinite(value)
    )
    return Bar(
        "Signal",
        score.value,
        SIGNAL_SCALE,
        GRADES.get(verdict, "none"),
        say(verdict, score, "signal "),
        describe_metric(METRICS["sfm"], score),
        marks,
        spread_of("sfm", planes),
    )


def noise_bar(row: ScoreRow, planes: Sequence[ScoreRow]) -> Bar:
    """NFM with its floor; whether the background is too smooth or grainy is said here."""
    score, verdict = row.scores["nfm"], row.verdicts.get("noise", "")
    words, grade = say(verdict, score, "noise "), GRADES.get(verdict, "none")
    texture = row.verdicts.get("blur", "")
    if texture.startswith("background too") and grade != "none":
        texture_words = texture.removeprefix("background ")
        words = texture_words if grade == "poor" else f"{words}, but {texture_words}"
        grade = "poor" if grade == "poor" else "fair"
    floor = row.nfm_floor
    marks = (
        Mark(
            floor,
            "floor",
            f"Two halves of the reference itself differ by {spell_number(floor)}:\n"
            "no image can be expected to score less.",
        ),
    )
    return Bar(
        "Noise",
        score.value,
        NOISE_SCALE,
        grade,
        words,
        describe_metric(METRICS["nfm"], score),
        marks if math.isfinite(floor) else (),
        spread_of("nfm", planes),
    )


def blur_bar(row: ScoreRow, planes: Sequence[ScoreRow]) -> Bar:
    """BFM with its parts: structures (σ 2 px) and background, since noise makes up for blur."""
    score, verdict = row.scores["bfm"], row.verdicts.get("blur", "")
    words, grade = say(verdict, score, "blur "), GRADES.get(verdict, "none")
    if grade in ("good", "fair"):  # the structures are right; grain is fine noise
        grain = spell_grain(score.value)
        words, grade = f"right{grain}", "fair" if grain else "good"
    parts = {"bfm_sigma": "structures", "bfm_background": "background"}
    marks = tuple(
        Mark(part.value, name, describe_metric(METRICS[key], part))
        for key, name in parts.items()
        if (part := row.scores.get(key)) is not None and part.value > 0
    )
    return Bar(
        "Blur",
        score.value,
        BLUR_SCALE,
        grade,
        words,
        describe_metric(METRICS["bfm"], score),
        marks,
        spread_of("bfm", planes),
    )


def spell_grain(bfm: float) -> str:
    """What BFM adds where the structures' blur is right: empty when it is right as well."""
    if RIGHT_LOW <= bfm <= RIGHT_HIGH:
        return ""
    return ", grain too weak" if bfm < RIGHT_LOW else ", grain too strong"


def say(verdict: str, score: Score, prefix: str) -> str:
    """The verdict without the bar's own name, or why there is no number."""
    if math.isnan(score.value):
        return score.reason
    short = verdict.removeprefix(prefix).split(",")[0]
    return short.replace("than the mask alone", "than the mask")


def spread_of(key: str, planes: Sequence[ScoreRow]) -> tuple[float, ...]:
    """Smallest and largest value over planes; empty for a single row."""
    values = [row.scores[key].value for row in planes]
    known = [value for value in values if math.isfinite(value)]
    return (min(known), max(known)) if len(planes) > 1 and known else ()


def describe_run(assessment: Assessment, request: AssessRequest) -> str:
    """What was measured against what: reference, mask, planes."""
    parts = [f"Against “{request.reference.name}”"]
    parts.append(f"in the mask “{request.mask.name}”" if request.mask else "without a mask")
    scope = request.params.scope
    if scope == "plane":
        parts.append(f"plane {', '.join(map(str, request.params.plane))}")
    elif scope == "planes":
        count = sum(not row.is_mean for row in assessment.rows) // len(request.tests)
        parts.append(f"mean of {count} planes with their range")
    return ", ".join(parts) + "."
