"""Ways from a mask to an image, and what they score: the generator beside what needs none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.metrics import measure
from napari_fidelity.metrics.masks import mask_baselines
from napari_fidelity.models.load import Model
from napari_fidelity.simulation.observation import ObservationModel, measure_levels
from napari_fidelity.simulation.response import observe
from napari_fidelity.training.fit_images import FitImage, Floats, predict_whole

KEYS = ("sfm", "nfm", "bfm", "bfm_sigma", "bfm_foreground", "bfm_background", "ssim", "psnr")
GENERATOR, BARE, RANDOM = "generator", "generator, no camera model", "random fill"
BEFORE = "version 1.0"
MASK_ONLY = (
    "blurred mask, σ 2 px",
    "1 − exp(−distance/3)",
    "blurred mask + camera noise",
    "blurred mask, not matched",
    "1 − exp(−distance/3), not matched",
)
SEED = 1
_RESAMPLINGS = 2000
Table = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Contender:
    """One way from a mask to an image: an expected signal, and how it is observed.

    Without `matched` the signal is compared as it is, and only by SFM, which ignores levels.
    """

    name: str
    signal: Callable[[FitImage], Floats]
    model: ObservationModel
    noise: bool
    matched: bool = True


def list_contenders(generator: Model, before: Model | None, random_fill: Model) -> list[Contender]:
    """The generator, its earlier version, and the baselines; all matched in the same way."""

    def by(model: Model) -> Callable[[FitImage], Floats]:
        return lambda image: predict_whole(model.network, image.masks, seed=SEED)

    def baseline(kind: str) -> Callable[[FitImage], Floats]:
        return lambda image: mask_baselines(image.foreground)[kind].astype(np.float32)

    observation = generator.manifest.observation
    found = [
        Contender(GENERATOR, by(generator), observation, True),
        Contender(BARE, by(generator), observation, False),
        Contender(RANDOM, by(random_fill), random_fill.manifest.observation, True),
        Contender(MASK_ONLY[0], baseline("blurred"), observation, False),
        Contender(MASK_ONLY[1], baseline("distance"), observation, False),
        Contender(MASK_ONLY[2], baseline("blurred"), observation, True),
        Contender(MASK_ONLY[3], baseline("blurred"), observation, False, matched=False),
        Contender(MASK_ONLY[4], baseline("distance"), observation, False, matched=False),
    ]
    if before is not None:
        found.insert(1, Contender(BEFORE, by(before), before.manifest.observation, True))
    return found


def make_image(contender: Contender, image: FitImage) -> Floats:
    """The contender's image for one mask, matched to the real one and in its grey levels."""
    made = observe(
        contender.signal(image),
        image.foreground,
        image.background,
        image.levels,
        contender.model,
        seed=SEED,
        origin=(0, 0),
        noise=contender.noise,
    )
    return image.round_like(np.clip(made, 0, None))


def score_groups(contender: Contender, images: Sequence[FitImage]) -> Table:
    """Scores of shape (group, metric): the mean over each group's images, in `KEYS` order."""
    groups: dict[str, list[list[float]]] = {}
    for image in images:
        scores = measure(
            KEYS if contender.matched else ("sfm",),
            test=make_image(contender, image) if contender.matched else contender.signal(image),
            reference=image.image,
            mask=image.foreground,
        )
        values = {score.key: score.value for score in scores}
        groups.setdefault(image.group, []).append([values.get(key, np.nan) for key in KEYS])
    means = []
    for rows in groups.values():
        table = np.where(np.isfinite(rows), rows, np.nan)
        counts = np.isfinite(table).sum(0)
        means.append(np.where(counts > 0, np.nansum(table, 0) / np.maximum(counts, 1), np.nan))
    return np.array(means)


def score_stack(contender: Contender, planes: Sequence[FitImage]) -> Mapping[str, float]:
    """Scores of a stack as a whole, matched as a whole: SFM pools all its pixels."""
    signal = np.stack([contender.signal(plane) for plane in planes])
    real = np.stack([plane.image for plane in planes])
    mask = np.stack([plane.foreground for plane in planes])
    background = np.stack([plane.background for plane in planes])
    made = signal
    if contender.matched:
        made = observe(
            signal,
            mask,
            background,
            measure_levels(real, mask, background),
            contender.model,
            seed=SEED,
            origin=(0, 0, 0),
            noise=contender.noise,
        )
    keys = ("sfm", "nfm", "bfm_sigma", "bfm_background") if contender.matched else ("sfm",)
    scores = measure(keys, test=made, reference=real, mask=mask)
    return {score.key: score.value for score in scores}


def paired_interval(ours: Table, theirs: Table) -> tuple[float, float, float]:
    """Mean difference over groups, and its 95 % bootstrap interval (percentile, 2000 draws)."""
    difference = (ours - theirs)[np.isfinite(ours - theirs)]
    rng = np.random.default_rng(0)
    draws = rng.choice(difference, (_RESAMPLINGS, difference.size)).mean(1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)
