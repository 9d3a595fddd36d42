"""The report of the study: ours beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fidelity.metrics.statistics import PairedComparison
from napari_fidelity.studies.care_001.measures import (
    INPUT,
    METHODS,
    ONCE,
    TITLES,
    Coverage,
    ScoreRow,
    average_originals,
)
from napari_fidelity.studies.reproduction import SMOKE_NOTE, ReproduceRequest

PUBLISHED_MAE = {"mitochondria": 0.046, "cardiomyocytes": 0.07}
SHOWN = {
    "mae_scaled": ("MAE, scaled", 4),
    "psnr": ("PSNR", 2),
    "ssim": ("SSIM", 3),
    "pcc": ("PCC", 3),
    "bfm": ("\\|ln BFM\\|", 2),
    "bfm_sigma": ("\\|ln BFM, σ 2 px\\|", 2),
    "profile_pcc": ("PCC of a profile", 3),
}
LARGER = ("psnr", "ssim", "pcc", "profile_pcc")
NONE = "–"


@dataclass(frozen=True, eq=False)
class Experiment:
    """One training with what was found on its test images.

    Parameters
    ----------
    title : str
    rows : sequence of ScoreRow
        Of test pairs.
    sigmas_px : mapping of str to float
        Of the tuned Gaussian, by condition.
    coverage : sequence of Coverage
    first, second : mapping of str to PairedComparison
        By measure: the network minus the input, and its second application minus the first,
        over originals.
    history : mapping of str to float
        Steps, minutes, and the scaled mean absolute error on training and validation images.
    """

    title: str
    rows: Sequence[ScoreRow]
    sigmas_px: Mapping[str, float]
    coverage: Sequence[Coverage]
    first: Mapping[str, PairedComparison]
    second: Mapping[str, PairedComparison]
    history: Mapping[str, float]


def format_report(
    request: ReproduceRequest,
    experiments: Sequence[Experiment],
    counts: Mapping[str, int],
    deviations: Sequence[str],
) -> str:
    """The whole report as Markdown."""
    originals = ", ".join(f"{number} {split}" for split, number in counts.items())
    parts = [
        "# Paper 001: CARE on semi-synthetic images",
        request.spell_origin("001"),
        *([SMOKE_NOTE] if request.scale == "smoke" else []),
        f"Originals: {originals}.",
        "## Reproduced?\n\n" + format_claims(experiments[0]),
        *(format_experiment(experiment) for experiment in experiments),
        "## Where this differs from the paper\n\n"
        + "\n".join(f"- {sentence}" for sentence in deviations),
        "## Figures\n\n![Training history](history.png)\n\n![Profile](profile.png)\n\n"
        "![Applied twice](applications.png)\n\n![Coverage](coverage.png)",
    ]
    return "\n\n".join(parts) + "\n"


def format_claims(experiment: Experiment) -> str:
    """The paper's statements with what was found on semi-synthetic test images."""
    history, rows = experiment.history, experiment.rows
    gap = history["mae_validation"] - history["mae_training"]
    before, after = (_mean(rows, "profile_pcc", method) for method in (INPUT, ONCE))
    lines = [
        "| the paper | here | reproduced? |",
        "|---|---|---|",
        f"| mean absolute error converges to {PUBLISHED_MAE['mitochondria']} (mitochondria; "
        f"{PUBLISHED_MAE['cardiomyocytes']} cardiomyocytes) on training and validation images | "
        f"{history['mae_training']:.4f} training, {history['mae_validation']:.4f} validation, "
        f"{_mean(rows, 'mae_scaled', ONCE):.4f} test; the input has "
        f"{_mean(rows, 'mae_scaled', INPUT):.4f} | other images and noise: not comparable as a "
        "number |",
        f"| no overfitting | validation − training {gap:+.4f} | "
        f"{_say(gap < 0.1 * history['mae_validation'])} |",
        f"| the profile of the restored image follows the original | PCC of a profile "
        f"{before:.3f} → {after:.3f} ({_spell_change(experiment.first['profile_pcc'])}) | "
        f"{_say(_improves('profile_pcc', experiment.first))} |",
    ]
    for key in ("psnr", "ssim", "bfm_sigma"):
        name, digits = SHOWN[key]
        lines.append(
            f"| a second application is “another substantial improvement” | {name}: "
            f"{_spell_change(experiment.second[key], digits)} | "
            f"{_say(_improves(key, experiment.second))} |"
        )
    return "\n".join(lines)


def _improves(key: str, found: Mapping[str, PairedComparison]) -> bool:
    sign = 1 if key in LARGER else -1
    return found[key].difference * sign > 0 and found[key].p_t < 0.05


def _say(holds: bool) -> str:
    return "yes" if holds else "no"


def format_experiment(experiment: Experiment) -> str:
    """The tables of one training."""
    history = experiment.history
    about = (
        f"{history['steps']:.0f} steps in {history['minutes']:.1f} minutes. Means over test "
        "originals; PSNR and SSIM after the affine map that makes the error least, BFM after a "
        "noise-blind one (best is 0). Scaled MAE: percentiles 1 and 99.8 at 0 and 1."
    )
    conditions = list(dict.fromkeys(row.condition for row in experiment.rows))
    tables = []
    for condition in conditions:
        sigma = experiment.sigmas_px[condition]
        tables.append(
            f"**{condition}**, Gaussian σ {sigma:g} px\n\n"
            + format_means(experiment.rows, condition)
        )
    return (
        f"## {experiment.title}\n\n{about}\n\n"
        + "\n\n".join(tables)
        + "\n\n### Second application minus first\n\n"
        + format_changes(experiment.second)
        + "\n\n### Network minus input\n\n"
        + format_changes(experiment.first)
        + "\n\n### Coverage of the 90 % interval\n\n"
        + format_coverage(experiment.coverage)
    )


def format_means(rows: Sequence[ScoreRow], condition: str) -> str:
    """Means over originals, the input first, the best of each column bold."""
    lines = [
        "| | " + " | ".join(name for name, _ in SHOWN.values()) + " |",
        "|---|" + "---|" * len(SHOWN),
    ]
    means = {key: {m: _mean(rows, key, m, condition) for m in METHODS} for key in SHOWN}
    for method in METHODS:
        cells = []
        for key, (_, digits) in SHOWN.items():
            value, column = means[key][method], means[key].values()
            best = max(column) if key in LARGER else min(column)
            text = f"{value:.{digits}f}"
            cells.append(f"**{text}**" if value == best else text)
        lines.append(f"| {TITLES[method]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def format_changes(found: Mapping[str, PairedComparison]) -> str:
    """Differences over originals with interval, effect and p."""
    lines = ["| | difference | 95 % interval | d_z | p (t) | p (Wilcoxon) | n |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    for key, (name, digits) in SHOWN.items():
        test = found[key]
        lines.append(
            f"| {name} | {test.difference:+.{digits}f} | {test.low:+.{digits}f} to "
            f"{test.high:+.{digits}f} | {test.effect:.2f} | {_spell_p(test.p_t)} | "
            f"{_spell_p(test.p_wilcoxon)} | {test.n} |"
        )
    return "\n".join(lines)


def format_coverage(rows: Sequence[Coverage]) -> str:
    """Means over pairs by condition, and the range over pairs."""
    if not rows:
        return "The network gives no scale."
    lines = ["| | whole | lowest and highest image | foreground | background | brightest tenth |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for condition in dict.fromkeys(row.condition for row in rows):
        mine = [row for row in rows if row.condition == condition]
        whole = [row.whole for row in mine]
        others = [
            np.mean([row.foreground for row in mine]),
            np.mean([row.background for row in mine]),
            np.mean([row.deciles[-1] for row in mine]),
        ]
        lines.append(
            f"| {condition} | {np.mean(whole):.3f} | {min(whole):.3f}, {max(whole):.3f} | "
            + " | ".join(f"{value:.3f}" for value in others)
            + " |"
        )
    return "\n".join(lines)


def _mean(rows: Sequence[ScoreRow], key: str, method: str, condition: str | None = None) -> float:
    values = [v for v in average_originals(rows, key, method, condition).values() if v == v]
    return float(np.mean(values)) if values else float("nan")


def _spell_change(test: PairedComparison, digits: int = 3) -> str:
    return (
        f"{test.difference:+.{digits}f} ({test.low:+.{digits}f} to {test.high:+.{digits}f}), "
        f"p {_spell_p(test.p_t)}"
    )


def _spell_p(value: float) -> str:
    if value != value:
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
