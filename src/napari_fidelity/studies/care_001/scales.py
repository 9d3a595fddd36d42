"""How large the study is: the paper's settings, shorter ones, and the smallest that run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from napari_fidelity.studies.reproduction import Scale

Settings = Mapping[str, Any]  # Any: values of settings of methods and runs


@dataclass(frozen=True)
class Sizes:
    """Settings of both trainings of the study.

    Parameters
    ----------
    care : mapping
        Settings of the method.
    run : mapping
        Settings of the runs, beside time and seed.
    patch_px : int
        Side of a patch.
    minutes : float or None
        Training time on semi-synthetic pairs; None: the run's steps.
    real_share : float
        Training time on real pairs over that.
    test_px : int or None
        Test images are cut to this side, from the middle; None: whole.
    deviations : tuple of str
        Sentences on what differs from the paper.
    """

    care: Settings = field(default_factory=dict)
    run: Settings = field(default_factory=dict)
    patch_px: int = 32
    minutes: float | None = None
    real_share: float = 0.5
    test_px: int | None = None
    deviations: tuple[str, ...] = ()


KEPT_APART = (
    "Some originals are kept apart as a test set, and the rest divided 80 to 20; the paper "
    "reports its validation set."
)
FULL = Sizes(
    care={"kind": "care", "rate": 2e-4},
    run={"batch": 16, "max_steps": 500_000, "validate_every": 500, "checkpoint_every": 500},
    deviations=(
        KEPT_APART,
        "Cardiomyocytes (16² patches, rate 0.0004) are a run of their own: give their images as "
        "the data.",
    ),
)
SMALL = Sizes(
    care={"kind": "care", "first_filters": 16, "rate": 4e-4},
    run={
        "batch": 16,
        "validate_every": 300,
        "checkpoint_every": 300,
        "validation_images": 14,  # one of each original
        "previews": 2,
    },
    patch_px=64,
    minutes=8.0,
    test_px=256,
    deviations=(
        "Other images, counted above, than the paper's 78 confocal ones of 1024² of "
        "mitochondria; no cardiomyocytes.",
        KEPT_APART,
        "Three degraded images of each original, by the presets mild, medium and strong: PSF of a "
        "20×/0.8 objective on an assumed pixel of 0.1 µm, Poisson noise, Gaussian noise, factor. "
        "The paper states no intervals.",
        "16 first filters instead of 32, {minutes:g} minutes of training instead of 1000 epochs "
        "of 500 steps, rate 0.0004, patches of 64² instead of 32² (the network sees 43 px).",
        "The network of the lowest validation loss is used, not the last.",
        "Scores on the middle 256² of each test image.",
        "Beyond the paper: real pairs of one exposure and the mean of 400, coverage of the "
        "network's intervals, identity and a tuned Gaussian beside every score.",
    ),
)
SMOKE = replace(
    SMALL,
    care={"kind": "care", "first_filters": 4, "depth": 1, "kernel_px": 3},
    run={"batch": 2, "validate_every": 10, "checkpoint_every": 10, "validation_images": 2,
         "previews": 1},
    patch_px=32,
    minutes=0.02,
    real_share=1.0,
    test_px=None,
    deviations=("Everything: simulated images, a network of a few filters, seconds of training.",),
)  # fmt: skip
SIZES: Mapping[Scale, Sizes] = {"smoke": SMOKE, "small": SMALL, "full": FULL}


def choose_sizes(scale: Scale, minutes: float | None = None) -> Sizes:
    """The settings of a scale; `minutes` is the training time on semi-synthetic pairs.

    Real pairs get half of it. "full" has no time limit: `minutes` is not for it.
    """
    sizes = SIZES[scale]
    if minutes is not None and sizes.minutes is not None:
        sizes = replace(sizes, minutes=minutes)
    stated = tuple(text.format(minutes=sizes.minutes or 0) for text in sizes.deviations)
    return replace(sizes, deviations=stated)
