"""The report of the study: ours beside the paper's, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fidelity.metrics import METRICS
from napari_fidelity.metrics.statistics import Equivalence
from napari_fidelity.studies.reproduction import SMOKE_NOTE, ReproduceRequest
from napari_fidelity.studies.synthesis_000.arms import GENERATED, REAL, TITLES
from napari_fidelity.studies.synthesis_000.comparisons import (
    Finding,
    average_arm,
)
from napari_fidelity.studies.synthesis_000.scores import (
    CONTROLS,
    FLOOR,
    SUFFIX,
    ScoreRow,
    average_fields,
    list_values,
)
from napari_fidelity.studies.synthesis_000.segmentation import (
    IouRow,
    average_iou_fields,
    average_iou_seeds,
)

# Feng et al. 2019, Table 1: mean and standard deviation over 78 images.
PUBLISHED = {
    "random": {"ssim": (0.991, 0.009), "psnr": (57.82, 3.806), "ncc": (0.980, 0.009)},
    "pix2pix": {"ssim": (0.996, 0.006), "psnr": (60.91, 3.705), "ncc": (0.989, 0.007)},
    "cyclegan": {"ssim": (0.993, 0.008), "psnr": (58.65, 3.571), "ncc": (0.983, 0.009)},
}
TABLE_KEYS = ("sfm", "nfm", "bfm", "bfm_gain_matched", "bfm_sigma", "bfm_background")
NONE = "–"


@dataclass(frozen=True, eq=False)
class Results:
    """All that the report tells.

    Parameters
    ----------
    request : ReproduceRequest
        What was asked for.
    counts : mapping
        Images and groups by role.
    rows : sequence of ScoreRow
        Scores of test images.
    findings, iou_findings : sequence of Finding
        Comparisons of SFM, NFM, BFM, and of IoU.
    iou_rows : sequence of IouRow
        Of all U-Nets.
    parity : mapping of str to Equivalence
        With real training images, by arm.
    trainings : sequence of (str, int, float, float)
        Name, steps, passes over the training images, minutes.
    deviations : sequence of str
        From the paper.
    """

    request: ReproduceRequest
    counts: Mapping[str, tuple[int, int]]
    rows: Sequence[ScoreRow]
    findings: Sequence[Finding]
    iou_rows: Sequence[IouRow]
    iou_findings: Sequence[Finding]
    parity: Mapping[str, Equivalence]
    trainings: Sequence[tuple[str, int, float, float]]
    deviations: Sequence[str]


def format_report(results: Results) -> str:
    """The whole report as Markdown."""
    roles = ", ".join(
        f"{role} {n} images of {g} {'group' if g == 1 else 'groups'}"
        for role, (n, g) in results.counts.items()
    )
    parts = [
        "# Paper 000: synthetic images of mitochondria, and what they train",
        results.request.spell_origin("000"),
        *([SMOKE_NOTE] if results.request.scale == "smoke" else []),
        f"Images: {roles}. Means are over the groups of the test unless said otherwise.",
        "## Reproduced?\n\n" + format_claims(results),
        "## Measures of the generated images\n\n" + format_measures(results.rows),
        "## Table 1 of the paper: SSIM, PSNR, NCC\n\n" + format_table_one(results.rows),
        "## Comparisons\n\n" + format_comparisons([*results.findings, *results.iou_findings]),
        "## Segmentation\n\n" + format_segmentation(results),
        "## Training\n\n" + format_trainings(results.trainings),
        "## Where this differs from the paper\n\n"
        + "\n".join(f"- {sentence}" for sentence in results.deviations),
        "## Figures\n\n![SFM, NFM and BFM](measures.png)\n\n![Images](images.png)\n\n"
        "![IoU](iou.png)\n\n![Segmentations](segmentations.png)",
    ]
    return "\n\n".join(parts) + "\n"


def format_claims(results: Results) -> str:
    """Each claim of the paper with what was found here."""
    lines = ["| claim of the paper | here | reproduced? |", "|---|---|---|"]
    lines += [
        f"| {_spell_claim(finding)} | {_spell_found(finding)} | {finding.reproduced} |"
        for finding in (*results.findings, *results.iou_findings)
    ]
    means = {arm: _mean_field(results.rows, "sfm", arm) for arm in GENERATED}
    below = all(value < 0.5 for value in means.values())
    spelt = ", ".join(f"{TITLES[arm]} {_spell(value)}" for arm, value in means.items())
    lines.append(f"| no method's SFM exceeds 0.5 | {spelt} | {'yes' if below else 'no'} |")
    for arm in ("pix2pix", "cyclegan"):
        if arm in results.parity:
            same = results.parity[arm]
            lines.append(
                f"| {TITLES[arm]} trains a U-Net on par with real images | ΔIoU "
                f"{same.difference:+.3f}, 90 % interval {same.low:+.3f} to {same.high:+.3f}, TOST "
                f"p {_spell_p(same.p)} | {'yes' if same.p < 0.05 else 'no'} |"
            )
    return "\n".join(lines)


def _spell_claim(finding: Finding) -> str:
    claim = finding.claim
    name = "IoU" if claim.measure == "iou" else METRICS[claim.measure].title
    first, second = TITLES[claim.first], TITLES[claim.second]
    if claim.paper == "n.s.":
        return f"{name}: {first} and {second} do not differ significantly"
    return f"{name}: {first} better than {second}"


def _spell_found(finding: Finding) -> str:
    test = finding.test
    name = "Δ\\|ln BFM\\|" if finding.claim.measure == "bfm" else "Δ"
    return (
        f"{name} {test.difference:+.3f} ({test.low:+.3f} to {test.high:+.3f}), "
        f"p {_spell_p(finding.p_t)}, n {test.n}"
    )


def format_measures(rows: Sequence[ScoreRow]) -> str:
    """Means over fields of every arm, and of the images that needed no training."""
    arms = [arm for arm in (*GENERATED, *CONTROLS) if any(row.arm == arm for row in rows)]
    titles = [METRICS[key].title for key in TABLE_KEYS]
    lines = [f"| image | {' | '.join(titles)} |", "|---|" + "---|" * len(TABLE_KEYS)]
    for arm in arms:
        cells = [_spell_mean(rows, key, arm) for key in TABLE_KEYS]
        name = TITLES.get(arm) or f"*{CONTROLS[arm]}*"
        lines.append(f"| {name} | {' | '.join(cells)} |")
    floor = _mean_field(rows, FLOOR, arms[0])
    lines.append(
        "\nMean ± SD over fields; ratios (BFM) geometrically, × ÷. Floor of NFM, between halves "
        f"of a real image: {_spell(floor)}. Italics need no training: an arm must beat them."
    )
    return "\n".join(lines)


def _spell_mean(rows: Sequence[ScoreRow], key: str, arm: str) -> str:
    if not key.startswith("bfm"):
        found = [v for v in average_fields(rows, key, arm).values() if v == v]
        return f"{np.mean(found):.3f} ± {np.std(found):.3f}" if found else NONE
    logs = [v for v in _log_fields(rows, key, arm) if v == v]
    return f"{math.exp(np.mean(logs)):.2f} ×÷ {math.exp(np.std(logs)):.2f}" if logs else NONE


def _log_fields(rows: Sequence[ScoreRow], key: str, arm: str) -> list[float]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row.arm == arm and row.scores[key] > 0:
            groups.setdefault(row.group, []).append(math.log(row.scores[key]))
    return [float(np.mean(values)) for values in groups.values()]


def _mean_field(rows: Sequence[ScoreRow], key: str, arm: str) -> float:
    return average_arm({arm: average_fields(rows, key, arm)}, arm)


def format_table_one(rows: Sequence[ScoreRow]) -> str:
    """Ours beside theirs, over images as in the paper."""
    lines = [
        "| | SSIM theirs | SSIM ours | PSNR theirs | PSNR ours | NCC theirs | NCC ours "
        "| SSIM ours, own range | PSNR ours, own range |",
        "|---|" + "---|" * 8,
    ]
    for arm, theirs in PUBLISHED.items():
        cells = []
        for key in ("ssim", "psnr", "ncc"):
            digits = 2 if key == "psnr" else 3
            cells.append("{:.{d}f} ± {:.{d}f}".format(*theirs[key], d=digits))
            ours = key if key == "ncc" else key + SUFFIX
            cells.append(_spell_images(rows, ours, arm, digits))
        cells += [_spell_images(rows, "ssim", arm, 3), _spell_images(rows, "psnr", arm, 2)]
        lines.append(f"| {TITLES[arm]} | {' | '.join(cells)} |")
    order = _find_order(rows)
    lines.append(
        "\nMean ± SD over images. Theirs and the columns beside them take 65535 as the range of "
        "images that span about 1500 counts, which adds about 32.8 dB. Their order in all three: "
        f"random fill, CycleGAN, pix2pix. {order}"
    )
    return "\n".join(lines)


def _find_order(rows: Sequence[ScoreRow]) -> str:
    said = []
    for key in ("ssim", "psnr", "ncc"):
        means = {
            arm: float(np.nanmean(list_values(rows, key, arm) or [np.nan])) for arm in PUBLISHED
        }
        names = [TITLES[arm] for arm in sorted(means, key=lambda arm: means[arm])]
        same = names == [TITLES[arm] for arm in ("random", "cyclegan", "pix2pix")]
        said.append(
            f"{METRICS[key].title}: {', '.join(names)} ({'the same' if same else 'another'})"
        )
    return f"Ours on the images' own range: {'; '.join(said)}."


def _spell_images(rows: Sequence[ScoreRow], key: str, arm: str, digits: int) -> str:
    found = [value for value in list_values(rows, key, arm) if math.isfinite(value)]
    return (
        f"{np.mean(found):.{digits}f} ± {np.std(found, ddof=min(1, len(found) - 1)):.{digits}f}"
        if found
        else NONE
    )


def format_comparisons(findings: Sequence[Finding]) -> str:
    """Every test with effect size and interval."""
    lines = [
        "| measure | comparison | difference | 95 % interval | d_z | t, Holm | "
        "Wilcoxon, Holm | n | two-sample t over images |",
        "|---|" + "---|" * 8,
    ]
    for one in findings:
        claim, test = one.claim, one.test
        name = {"bfm": "\\|ln BFM\\|", "iou": "IoU"}.get(claim.measure, claim.measure.upper())
        lines.append(
            f"| {name} | {TITLES[claim.first]} – {TITLES[claim.second]} | "
            f"{test.difference:+.3f} | {test.low:+.3f} to {test.high:+.3f} | "
            f"{_spell(test.effect, 2)} | {_spell_p(one.p_t)} | {_spell_p(one.p_wilcoxon)} | "
            f"{test.n} | {_spell_p(one.p_images)} |"
        )
    lines.append(
        "\nUnits are groups (fields). The last column is the paper's own test, which counts "
        "images of one cell as independent."
    )
    return "\n".join(lines)


def format_segmentation(results: Results) -> str:
    """IoU by arm, and equivalence with real training images."""
    rows = results.iou_rows
    lines = ["| trained on | IoU | of each seed | real − arm, 90 % interval | TOST p |",
             "|---|---|---|---|---|"]  # fmt: skip
    for arm in dict.fromkeys(row.arm for row in rows):
        fields = list(average_iou_fields(rows, arm).values())
        seeds = ", ".join(f"{value:.3f}" for value in average_iou_seeds(rows, arm))
        same = results.parity.get(arm)
        beside = (NONE, NONE) if same is None else (
            f"{-same.high:+.3f} to {-same.low:+.3f}", _spell_p(same.p))  # fmt: skip
        name = "real images" if arm == REAL else TITLES[arm]
        lines.append(
            f"| {name} | {np.mean(fields):.3f} ± {np.std(fields):.3f} | {seeds} | "
            f"{beside[0]} | {beside[1]} |"
        )
    return "\n".join(lines)


def format_trainings(trainings: Sequence[tuple[str, int, float, float]]) -> str:
    """Steps, passes and minutes of every training."""
    lines = ["| training | steps | passes over its images | minutes |", "|---|---|---|---|"]
    lines += [f"| {n} | {steps} | {passes:.0f} | {m:.1f} |" for n, steps, passes, m in trainings]
    return "\n".join(lines)


def _spell(value: float, digits: int = 3) -> str:
    return NONE if value != value else f"{value:.{digits}f}"


def _spell_p(value: float) -> str:
    if value != value:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
