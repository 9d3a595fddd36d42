"""The nuclei generator against what needs no generator, on validation groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.data.crops import Floats
from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.inference.mask_signal import predict_signal
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.metrics import measure
from napari_fidelity.metrics.masks import mask_baselines
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.simulation.observation import ObservationModel, measure_levels
from napari_fidelity.simulation.response import observe

KEYS = ("sfm", "nfm", "bfm", "bfm_sigma", "bfm_foreground", "bfm_background", "ssim", "psnr")
GENERATOR, BARE, RANDOM = "generator", "generator, no camera model", "random fill"
MASK_ONLY = (
    "blurred mask, σ 2 px",
    "1 − exp(−distance/3)",
    "blurred mask + camera noise",
    "blurred mask, not matched",
    "1 − exp(−distance/3), not matched",
)
EXACT = ComputeSettings(precision="float32")  # figures are those of the exact network
_SEED = 1
_RESAMPLINGS = 2000


@dataclass(frozen=True)
class Contender:
    """One way from a mask to an image: an expected signal, and how it is observed.

    Without `matched` the signal is compared as it is, and only by SFM, which ignores levels.
    """

    name: str
    signal: Callable[[LabelledImage], Floats]
    model: ObservationModel
    noise: bool
    matched: bool = True


def list_contenders(
    network: LocalNetwork,
    observation: ObservationModel,
    random_fill: LocalNetwork,
    random_observation: ObservationModel,
) -> list[Contender]:
    """The generator, itself without camera model, and the baselines; one matching for all."""

    def blurred(pair: LabelledImage) -> Floats:
        return mask_baselines(pair.foreground)["blurred"].astype(np.float32)

    def distance(pair: LabelledImage) -> Floats:
        return mask_baselines(pair.foreground)["distance"].astype(np.float32)

    def generated(pair: LabelledImage) -> Floats:
        return predict_signal(network, pair.labels, seed=_SEED, settings=EXACT)

    def random(pair: LabelledImage) -> Floats:
        return predict_signal(random_fill, pair.labels, seed=_SEED, settings=EXACT)

    return [
        Contender(GENERATOR, generated, observation, True),
        Contender(BARE, generated, observation, False),
        Contender(RANDOM, random, random_observation, True),
        Contender(MASK_ONLY[0], blurred, observation, False),
        Contender(MASK_ONLY[1], distance, observation, False),
        Contender(MASK_ONLY[2], blurred, observation, True),
        Contender(MASK_ONLY[3], blurred, observation, False, matched=False),
        Contender(MASK_ONLY[4], distance, observation, False, matched=False),
    ]


def make_image(contender: Contender, pair: LabelledImage) -> npt.NDArray[np.uint8]:
    """The contender's image for one mask, matched to the real one and rounded like it."""
    levels = measure_levels(pair.image, pair.foreground, pair.background)
    made = observe(
        contender.signal(pair),
        pair.foreground,
        pair.background,
        levels,
        contender.model,
        seed=_SEED,
        origin=(0, 0),
        noise=contender.noise,
    )
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def score_groups(contender: Contender, pairs: Sequence[LabelledImage]) -> npt.NDArray[np.float64]:
    """Scores of shape (group, metric): the mean over each group's images, in `KEYS` order."""
    groups: dict[int, list[list[float]]] = {}
    for pair in pairs:
        scores = measure(
            KEYS if contender.matched else ("sfm",),
            test=make_image(contender, pair) if contender.matched else contender.signal(pair),
            reference=pair.image.astype(np.uint8),
            mask=pair.foreground,
        )
        values = {score.key: score.value for score in scores}
        groups.setdefault(pair.group, []).append([values.get(key, np.nan) for key in KEYS])
    means = []
    for rows in groups.values():
        table = np.where(np.isfinite(rows), rows, np.nan)
        counts = np.isfinite(table).sum(0)
        means.append(np.where(counts > 0, np.nansum(table, 0) / np.maximum(counts, 1), np.nan))
    return np.array(means)


def paired_interval(
    ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """Mean difference over groups, and its 95 % bootstrap interval (percentile, 2000 draws)."""
    difference = (ours - theirs)[np.isfinite(ours - theirs)]
    rng = np.random.default_rng(0)
    draws = rng.choice(difference, (_RESAMPLINGS, difference.size)).mean(1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)
