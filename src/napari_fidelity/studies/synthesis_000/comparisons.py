"""The comparisons that the protocol names, and what they say about the paper's claims."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fidelity.metrics.statistics import (
    Equivalence,
    PairedComparison,
    compare_independent,
    compare_paired,
    correct_holm,
    judge_equivalence,
)
from napari_fidelity.studies.synthesis_000.arms import CYCLEGAN, PIX2PIX, RANDOM, REAL

SIGNIFICANT = 0.05
IOU_MARGIN = 0.02
LARGER_IS_BETTER = ("sfm", "iou")
YES, DIRECTION, NO, SHOWN = "yes", "direction only", "no", "interval shown"


@dataclass(frozen=True)
class Claim:
    """A comparison of the paper: which arm is better, or that none is.

    Parameters
    ----------
    measure : str
        "sfm", "nfm", "bfm" or "iou".
    first, second : str
        Arms.
    paper : str
        "better": the first is significantly better; "n.s.": no significant difference.
    """

    measure: str
    first: str
    second: str
    paper: str


CLAIMS = (
    Claim("sfm", PIX2PIX, RANDOM, "better"),
    Claim("sfm", CYCLEGAN, RANDOM, "better"),
    Claim("sfm", CYCLEGAN, PIX2PIX, "better"),
    Claim("nfm", PIX2PIX, RANDOM, "better"),
    Claim("nfm", CYCLEGAN, RANDOM, "better"),
    Claim("nfm", CYCLEGAN, PIX2PIX, "n.s."),
    Claim("bfm", PIX2PIX, RANDOM, "better"),
    Claim("bfm", CYCLEGAN, RANDOM, "better"),
    Claim("bfm", CYCLEGAN, PIX2PIX, "n.s."),
)
IOU_CLAIMS = (
    Claim("iou", PIX2PIX, RANDOM, "better"),
    Claim("iou", CYCLEGAN, RANDOM, "better"),
    Claim("iou", REAL, RANDOM, "better"),
)
ON_PAR = (PIX2PIX, CYCLEGAN, RANDOM)


@dataclass(frozen=True)
class Finding:
    """A claim with our numbers.

    Parameters
    ----------
    claim : Claim
    test : PairedComparison
        Over fields; of |ln BFM| for BFM.
    p_t, p_wilcoxon : float
        Holm-corrected over the comparisons of this measure.
    p_images : float
        The paper's two-sample t test over images.
    reproduced : str
        "yes", "direction only", "no", or "interval shown" where the paper found no difference.
    """

    claim: Claim
    test: PairedComparison
    p_t: float
    p_wilcoxon: float
    p_images: float
    reproduced: str


Fields = Mapping[str, Mapping[str, float]]  # by arm, then by field
Values = Mapping[str, Sequence[float]]  # by arm, of every image


def judge_claims(
    claims: Sequence[Claim], fields: Mapping[str, Fields], values: Mapping[str, Values]
) -> list[Finding]:
    """The claims tested on fields, corrected within each measure.

    Parameters
    ----------
    claims : sequence of Claim
        Those of which both arms are there are judged.
    fields, values : mapping
        By measure: means of fields, and numbers of images.
    """
    found: list[Finding] = []
    for measure in dict.fromkeys(claim.measure for claim in claims):
        means, images = fields[measure], values[measure]
        mine = [c for c in claims if c.measure == measure and {c.first, c.second} <= set(means)]
        tests = [_compare(means[claim.first], means[claim.second]) for claim in mine]
        p_t = correct_holm([test.p_t for test in tests])
        p_w = correct_holm([test.p_wilcoxon for test in tests])
        for number, (claim, test) in enumerate(zip(mine, tests, strict=True)):
            apart = compare_independent(images[claim.first], images[claim.second])
            said = _decide(claim, test, p_t[number])
            found.append(Finding(claim, test, p_t[number], p_w[number], apart, said))
    return found


def judge_parity(fields: Fields, margin: float = IOU_MARGIN) -> dict[str, Equivalence]:
    """Whether training on an arm's images equals training on real ones, by arm."""
    found = {}
    for arm in ON_PAR:
        if arm in fields and REAL in fields:
            ours, real = _pair(fields[arm], fields[REAL])
            found[arm] = judge_equivalence(ours, real, margin)
    return found


def _pair(
    first: Mapping[str, float], second: Mapping[str, float]
) -> tuple[list[float], list[float]]:
    common = [field for field in first if field in second]
    return [first[field] for field in common], [second[field] for field in common]


def _compare(first: Mapping[str, float], second: Mapping[str, float]) -> PairedComparison:
    one, two = _pair(first, second)
    return compare_paired(one, two)


def _decide(claim: Claim, test: PairedComparison, p: float) -> str:
    if claim.paper == "n.s.":
        return SHOWN
    sign = 1 if claim.measure in LARGER_IS_BETTER else -1
    if not test.difference * sign > 0:
        return NO
    return YES if p < SIGNIFICANT else DIRECTION


def average_arm(fields: Fields, arm: str) -> float:
    """The mean over fields, NaN left out."""
    known = [value for value in fields[arm].values() if value == value]
    return float(np.mean(known)) if known else float("nan")


def format_findings(findings: Sequence[Finding]) -> str:
    """All numbers of all comparisons as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["measure", "first", "second", "paper", "fields", "difference", "low", "high", "d_z",
         "p_t", "p_t_holm", "p_wilcoxon", "p_wilcoxon_holm", "p_t_images", "reproduced"]
    )  # fmt: skip
    for one in findings:
        claim, test = one.claim, one.test
        numbers = (test.difference, test.low, test.high, test.effect, test.p_t, one.p_t,
                   test.p_wilcoxon, one.p_wilcoxon, one.p_images)  # fmt: skip
        writer.writerow(
            [claim.measure, claim.first, claim.second, claim.paper, test.n,
             *(f"{number:.6g}" for number in numbers), one.reproduced]
        )  # fmt: skip
    return text.getvalue()
