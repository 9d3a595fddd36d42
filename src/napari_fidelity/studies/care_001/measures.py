"""What the networks make of test images, scored beside the input and a tuned Gaussian."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from napari_fidelity.core.progress import Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.normalisation import measure_scaling
from napari_fidelity.metrics import measure, otsu_mask
from napari_fidelity.studies.apply_package import restore_plane
from napari_fidelity.studies.care_001.originals import Floats, TestPair
from napari_fidelity.studies.classical_restoration.scores import fit_to_truth, match_to_truth

INPUT, GAUSSIAN, ONCE, TWICE = "input", "gaussian", "care", "care-twice"
METHODS = (INPUT, GAUSSIAN, ONCE, TWICE)
TITLES = {
    INPUT: "*the input*",
    GAUSSIAN: "*tuned Gaussian*",
    ONCE: "CARE",
    TWICE: "CARE, applied twice",
}
KEYS = ("mae_scaled", "psnr", "ssim", "pcc", "bfm", "bfm_sigma", "profile_pcc")
SIGMAS_PX = (0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
INTERVAL = 0.9
REACH = math.log(10)  # of a Laplace distribution's 90 % interval, in scales
DECILES = 10
Restored = Mapping[str, Floats]  # by method


@dataclass(frozen=True)
class ScoreRow:
    """Scores of one method on one pair."""

    name: str
    original: str
    condition: str
    method: str
    scores: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Coverage:
    """How often the truth lies in the network's 90 % interval, on one pair.

    Parameters
    ----------
    original, condition : str
    whole, foreground, background : float
        Share of pixels.
    deciles : tuple of float
        Share in each tenth of the pixels by predicted intensity, darkest first.
    """

    original: str
    condition: str
    whole: float
    foreground: float
    background: float
    deciles: tuple[float, ...]


def tune_gaussian(pairs: Sequence[TestPair]) -> dict[str, float]:
    """σ in px with the highest mean PSNR after an affine fit, by condition."""
    found = {}
    for condition in dict.fromkeys(pair.condition for pair in pairs):
        mine = [pair for pair in pairs if pair.condition == condition]
        means = [np.mean([_fitted_psnr(_smooth(p, s), p) for p in mine]) for s in SIGMAS_PX]
        found[condition] = SIGMAS_PX[int(np.argmax(means))]
    return found


def _smooth(pair: TestPair, sigma_px: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(pair.input, sigma_px), np.float32)


def _fitted_psnr(test: Floats, pair: TestPair) -> float:
    fitted = fit_to_truth(test, pair.target)
    return measure(["psnr"], test=fitted, reference=pair.target)[0].value


def restore_pair(pair: TestPair, package: Path, sigma_px: float) -> dict[str, Floats]:
    """The pair's input as every method leaves it, in the input's units."""
    return {
        INPUT: pair.input,
        GAUSSIAN: _smooth(pair, sigma_px),
        ONCE: restore_plane(package, pair.input).image,
        TWICE: restore_plane(package, pair.input, times=2).image,
    }


def score_pairs(
    pairs: Sequence[TestPair],
    package: Path,
    sigmas_px: Mapping[str, float],
    progress: Progress,
) -> list[ScoreRow]:
    """All methods on all pairs."""
    rows = []
    for number, pair in enumerate(pairs):
        progress(number, len(pairs), "Measuring")
        for method, image in restore_pair(pair, package, sigmas_px[pair.condition]).items():
            scores = score_image(image, pair)
            rows.append(ScoreRow(pair.name, pair.original, pair.condition, method, scores))
    return rows


def score_image(test: Floats, pair: TestPair) -> dict[str, float]:
    """PSNR and SSIM after an affine fit; MAE as networks see it; sharpness; a profile's PCC.

    The scaled mean absolute error is between the test in the scaling of its input and the
    target in its own, percentiles 1 and 99.8 at 0 and 1: what the training minimises.
    """
    fitted = fit_to_truth(test, pair.target)
    matched = match_to_truth(test, pair.target)
    found = {
        score.key: score.value
        for score in (
            *measure(["psnr", "ssim"], test=fitted, reference=pair.target),
            *measure(["pcc", "bfm", "bfm_sigma"], test=matched, reference=pair.target),
        )
    }
    row = choose_profile_row(pair.target)
    both = scale_pair(test, pair)
    return {
        "mae_scaled": float(np.abs(both[0] - both[1]).mean()),
        **found,
        "profile_pcc": correlate_profiles(test[row], pair.target[row]),
    }


def scale_pair(test: Floats, pair: TestPair) -> tuple[Floats, Floats]:
    """A result and the target as networks see them."""
    usual = Normalisation()
    first = measure_scaling(pair.input, usual).scaling
    second = measure_scaling(pair.target, usual).scaling
    return first.apply(test), second.apply(pair.target)


def choose_profile_row(target: Floats) -> int:
    """The row of the target that varies most: it crosses many structures."""
    return int(np.argmax(target.std(axis=1)))


def correlate_profiles(first: Floats, second: Floats) -> float:
    """Pearson correlation of two profiles; NaN where one is constant.

    Examples
    --------
    >>> line = np.array([0, 1, 0, 2], np.float32)
    >>> round(correlate_profiles(line, 3 * line + 1), 6)
    1.0
    """
    if first.std() == 0 or second.std() == 0:
        return math.nan
    return float(np.corrcoef(first, second)[0, 1])


def measure_coverage(pairs: Sequence[TestPair], package: Path) -> list[Coverage]:
    """Coverage of the interval μ ± b·ln 10 on each pair, for a network that gives a scale."""
    found = []
    for pair in pairs:
        restored = restore_plane(package, pair.input)
        if restored.scale is None:
            continue
        mean, target = scale_pair(restored.image, pair)
        span = measure_scaling(pair.input, Normalisation()).scaling.span
        inside = np.abs(target - mean) <= REACH * restored.scale / np.float32(span)
        mask = otsu_mask(pair.target)
        order = np.argsort(mean, axis=None, kind="stable")
        parts = np.array_split(inside.ravel()[order], DECILES)
        found.append(
            Coverage(pair.original, pair.condition, float(inside.mean()),
                     float(inside[mask].mean()), float(inside[~mask].mean()),
                     tuple(float(part.mean()) for part in parts))
        )  # fmt: skip
    return found


def average_originals(
    rows: Sequence[ScoreRow], key: str, method: str, condition: str | None = None
) -> dict[str, float]:
    """The mean of a measure over the degraded images of each original, |ln| for ratios."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.method == method and condition in (None, row.condition):
            found.setdefault(row.original, []).append(judge(key, row.scores[key]))
    return {name: float(np.mean(values)) for name, values in sorted(found.items())}


def judge(key: str, value: float) -> float:
    """The value as it is compared: for ratios whose best is 1 the distance |ln|."""
    if not key.startswith("bfm"):
        return value
    return abs(math.log(value)) if value > 0 else math.nan


def format_scores(rows: Sequence[ScoreRow]) -> str:
    """Every score of every pair as CSV; NaN is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["pair", "original", "condition", "method", *KEYS])
    for row in rows:
        cells = ["" if row.scores[k] != row.scores[k] else f"{row.scores[k]:.6g}" for k in KEYS]
        writer.writerow([row.name, row.original, row.condition, row.method, *cells])
    return text.getvalue()
