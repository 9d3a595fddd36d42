"""Paper 001 from clean images to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from napari_fidelity.core.progress import Progress
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.imageio.atomic_write import write_atomically
from napari_fidelity.metrics.statistics import PairedComparison, compare_paired
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.studies.apply_package import restore_plane
from napari_fidelity.studies.care_001.measures import (
    INPUT,
    KEYS,
    ONCE,
    TWICE,
    ScoreRow,
    average_originals,
    format_scores,
    measure_coverage,
    restore_pair,
    scale_pair,
    score_pairs,
    tune_gaussian,
)
from napari_fidelity.studies.care_001.originals import (
    GROUPS,
    SEED,
    TEST,
    TRAIN,
    VALIDATION,
    Original,
    TestPair,
    read_originals,
    read_pairs,
    simulate_originals,
    write_real_pairs,
    write_semi_synthetic,
)
from napari_fidelity.studies.care_001.report import Experiment, format_report
from napari_fidelity.studies.care_001.scales import Sizes, choose_sizes
from napari_fidelity.studies.reproduction import PaperSpec, ReproduceRequest, open_out
from napari_fidelity.studies.training_arm import TrainingArm, read_curve, train_arm
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.run_folder import RunFolder

REPORT, SCORES = "report.md", "scores.csv"
SEMI, REAL = "semi-synthetic", "real"
TITLES = {SEMI: "Semi-synthetic pairs", REAL: "Real pairs: one exposure and the mean of many"}
SMOKE_SIDE_PX = 64
HISTORY_ORIGINALS = 10
MOST_STEPS = 60_000  # where time ends the training; previews of more would fill a disk


@dataclass(frozen=True, eq=False)
class Trained:
    """A training that is finished, its pairs, and the tuned Gaussian."""

    arm: TrainingArm
    folder: Path
    tests: Sequence[TestPair]
    sigmas_px: Mapping[str, float]


def run_care_001(request: ReproduceRequest, progress: Progress) -> list[Path]:
    """Train CARE on semi-synthetic and on real pairs, restore test images, write the report.

    Parameters
    ----------
    request : ReproduceRequest
        Trainings that an earlier run finished in `out` are found there.
    progress : Progress
        Called now and then.

    Returns
    -------
    list of Path
        `report.md`, `scores.csv`, and where Matplotlib is installed figures.

    Raises
    ------
    UserError
        The images are missing, or a training failed.
    Cancelled
        Asked for through `progress`.
    """
    out = open_out(request)
    sizes = choose_sizes(request.scale, request.minutes)
    originals = (
        simulate_originals(SMOKE_SIDE_PX)
        if request.scale == "smoke"
        else read_originals(request.require_data())
    )
    preparing, training, measuring = share_progress(progress, [8, 80, 12])
    folders = {SEMI: write_semi_synthetic(out / "data" / SEMI, originals, preparing)}
    if all(original.noisy is not None for original in originals):
        folders[REAL] = write_real_pairs(out / "data" / REAL, originals)
    if request.only is not None:
        folders = {key: folder for key, folder in folders.items() if key == request.only}
    trained = {}
    for key, share in zip(folders, share_progress(training, [1] * len(folders)), strict=True):
        arm = plan_arm(key, folders[key], out / "runs", sizes, request.threads)
        train_arm(arm, share, apart=request.scale != "smoke")
        trained[key] = open_trained(arm, folders[key], sizes)
    shares = share_progress(measuring, [1] * len(trained))
    found = [
        examine(TITLES[key], each, share)
        for (key, each), share in zip(trained.items(), shares, strict=True)
    ]
    return write_results(request, sizes, originals, trained, found)


def plan_arm(key: str, folder: Path, runs: Path, sizes: Sizes, threads: int | None) -> TrainingArm:
    """The training on a folder of pairs."""
    data = DataSettings.parse({
        "folder": str(folder.absolute()),
        "groups": str((folder / GROUPS).absolute()),
        "patch_px": sizes.patch_px,
    })  # fmt: skip
    run: dict[str, Any] = {**sizes.run, "seed": SEED, "threads": threads}  # Any: settings
    if sizes.minutes is not None:
        share = sizes.real_share if key == REAL else 1.0
        run = {"max_steps": MOST_STEPS, **run, "max_minutes": sizes.minutes * share}
    title = f"CARE on {key} pairs"
    values = {
        "method": dict(sizes.care),
        "data": data,
        "run": run,
        "model": {
            "key": f"care-{key}",
            "title": title,
            "description": "Trained to reproduce a published experiment; not for other use",
        },
    }
    return TrainingArm(title, TrainConfig.parse(values), runs / f"care-{key}")


def open_trained(arm: TrainingArm, folder: Path, sizes: Sizes) -> Trained:
    """The training with its test pairs; the Gaussian is tuned on validation pairs."""
    validation = read_pairs(folder, VALIDATION, sizes.test_px)
    tests = read_pairs(folder, TEST, sizes.test_px)
    return Trained(arm, folder, tests, tune_gaussian(validation))


def examine(title: str, trained: Trained, progress: Progress) -> Experiment:
    """Scores, comparisons and coverage on the test pairs."""
    package = trained.arm.package
    rows = score_pairs(trained.tests, package, trained.sigmas_px, progress)
    return Experiment(
        title=title,
        rows=rows,
        sigmas_px=trained.sigmas_px,
        coverage=measure_coverage(trained.tests, package),
        first=compare_methods(rows, ONCE, INPUT),
        second=compare_methods(rows, TWICE, ONCE),
        history=describe_history(trained),
    )


def compare_methods(
    rows: Sequence[ScoreRow], method: str, other: str
) -> dict[str, PairedComparison]:
    """One method minus another over originals, by measure."""
    found = {}
    for key in KEYS:
        one, two = (average_originals(rows, key, name) for name in (method, other))
        found[key] = compare_paired(list(one.values()), list(two.values()))
    return found


def describe_history(trained: Trained) -> dict[str, float]:
    """Steps, minutes, and the scaled error of the finished network on both sides of the split."""
    status = RunFolder.open(trained.arm.folder).read_status()
    errors = {}
    for name, split in (("mae_training", TRAIN), ("mae_validation", VALIDATION)):
        pairs = read_pairs(trained.folder, split, None)
        # whole originals, so that all presets count alike on both sides
        names = list(dict.fromkeys(pair.original for pair in pairs))
        chosen = names[:: max(1, len(names) // HISTORY_ORIGINALS)]
        found = [_scaled_error(pair, trained) for pair in pairs if pair.original in chosen]
        errors[name] = float(np.mean(found))
    return {"steps": status.step, "minutes": status.seconds / 60, **errors}


def _scaled_error(pair: TestPair, trained: Trained) -> float:
    restored = restore_plane(trained.arm.package, pair.input).image
    both = scale_pair(restored, pair)
    return float(np.abs(both[0] - both[1]).mean())


def write_results(
    request: ReproduceRequest,
    sizes: Sizes,
    originals: Sequence[Original],
    trained: Mapping[str, Trained],
    found: Sequence[Experiment],
) -> list[Path]:
    """The files of the study, each complete or not there."""
    counts = {
        split: sum(original.split == split for original in originals)
        for split in (TRAIN, VALIDATION, TEST)
    }
    written = {
        REPORT: format_report(request, found, counts, sizes.deviations),
        SCORES: format_scores([row for experiment in found for row in experiment.rows]),
    }
    for name, text in written.items():
        with write_atomically(request.out / name) as path:
            path.write_text(text, encoding="utf-8")
    paths = [request.out / name for name in written]
    if find_spec("matplotlib") is not None:
        paths += draw_results(request.out, trained, found)
    return paths


def draw_results(
    out: Path, trained: Mapping[str, Trained], found: Sequence[Experiment]
) -> list[Path]:
    """All figures."""
    from napari_fidelity.studies.care_001 import figures

    curves = {key: read_curve(each.arm.folder) for key, each in trained.items()}
    shown = []
    for each, experiment in zip(trained.values(), found, strict=True):
        for condition in each.sigmas_px:
            pair = choose_typical(each.tests, experiment.rows, condition)
            restored = restore_pair(pair, each.arm.package, each.sigmas_px[condition])
            shown.append((pair, restored, condition))
    middle = shown[len(next(iter(trained.values())).sigmas_px) // 2]
    coverage = {e.title.split(":")[0]: e.coverage for e in found}
    drawings = {
        "history.png": partial(figures.draw_history, curves=curves),
        "profile.png": partial(figures.draw_profile, pair=middle[0], restored=middle[1]),
        "applications.png": partial(figures.draw_applications, shown=shown),
        "coverage.png": partial(figures.draw_coverage, coverage=coverage),
    }
    for name, draw in drawings.items():
        with write_atomically(out / name) as path:
            draw(path)
    return [out / name for name in drawings]


def choose_typical(pairs: Sequence[TestPair], rows: Sequence[ScoreRow], condition: str) -> TestPair:
    """The pair on which the network's PSNR is the median."""
    scores = {
        row.name: row.scores["psnr"]
        for row in rows
        if row.method == ONCE and row.condition == condition
    }
    names = sorted(scores, key=lambda name: scores[name])
    middle = names[len(names) // 2]
    return next(pair for pair in pairs if pair.name == middle)


CARE_001 = PaperSpec(
    key="001",
    title="Semi-synthetic data and content-aware restoration",
    description="CARE trained on clean images degraded by known steps: training history, "
    "intensity profile, second application; and on real pairs",
    layout="clean images, or clean/ and noisy/ of equal names",
    arms=(SEMI, REAL),
    run=run_care_001,
)
