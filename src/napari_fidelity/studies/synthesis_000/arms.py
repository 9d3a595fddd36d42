"""The trainings of the study: generators, and segmentations of what each of them makes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_fidelity.core.progress import Progress
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.studies.apply_package import generate_plane
from napari_fidelity.studies.synthesis_000.fields import Floats, MitoImage
from napari_fidelity.studies.synthesis_000.random_fill import RandomFillModel
from napari_fidelity.studies.synthesis_000.scales import RANGE, Settings, Sizes
from napari_fidelity.studies.synthesis_000.training_sets import GROUPS
from napari_fidelity.studies.training_arm import TrainingArm
from napari_fidelity.training.config import TrainConfig

RANDOM, PIX2PIX, CYCLEGAN, REAL = "random", "pix2pix", "cyclegan", "real"
GENERATED = (RANDOM, PIX2PIX, CYCLEGAN)
TITLES = {RANDOM: "random fill", PIX2PIX: "pix2pix", CYCLEGAN: "CycleGAN", REAL: "real"}
SEED = 2026
MOST_STEPS = 60_000  # where time ends the training; previews of more would fill a disk


def plan_generator(key: str, folder: Path, runs: Path, sizes: Sizes, threads: int | None,
                   images: int) -> TrainingArm:  # fmt: skip
    """The training of pix2pix or CycleGAN on a folder of masks and images."""
    method, settings, epochs = (
        (sizes.pix2pix, sizes.pix2pix_run, sizes.pix2pix_epochs)
        if key == PIX2PIX
        else (sizes.cyclegan, sizes.cyclegan_run, sizes.cyclegan_epochs)
    )
    data = {"target_range": RANGE, "task": "synthesis", "patch_px": sizes.gan_patch_px}
    run = _plan_run(settings, sizes.gan_minutes, epochs, images, threads, SEED)
    return _plan(TITLES[key], method, folder, data, run, runs / key)


def plan_segmentation(arm: str, seed: int, folder: Path, runs: Path, sizes: Sizes,
                      threads: int | None, images: int) -> TrainingArm:  # fmt: skip
    """The training of a segmentation U-Net on the images of one arm."""
    data = {"task": "segmentation", "patch_px": sizes.unet_patch_px}
    run = _plan_run(sizes.unet_run, sizes.unet_minutes, sizes.unet_epochs, images, threads, seed)
    title = f"U-Net on {TITLES[arm]}, seed {seed}"
    return _plan(title, sizes.unet, folder, data, run, runs / f"unet-{arm}-{seed}")


def _plan_run(
    settings: Settings, minutes: float | None, epochs: int | None, images: int,
    threads: int | None, seed: int,
) -> dict[str, Any]:  # fmt: skip  # Any: values of settings
    run: dict[str, Any] = {**settings, "seed": seed, "threads": threads}
    if minutes is not None:
        return {"max_steps": MOST_STEPS, **run, "max_minutes": minutes}
    if epochs is not None:
        run["max_steps"] = epochs * math.ceil(images / run["batch"])
    return run


def _plan(
    title: str, method: Settings, folder: Path, data: Settings, run: Settings, place: Path
) -> TrainingArm:
    settings = DataSettings.parse(
        {"folder": str(folder.absolute()), "groups": str((folder / GROUPS).absolute()), **data}
    )
    values = {
        "method": dict(method),
        "data": settings,
        "run": dict(run),
        "model": {
            "key": place.name,
            "title": title,
            "description": "Trained to reproduce a published experiment; not for other use",
        },
    }
    return TrainingArm(title, TrainConfig.parse(values), place)


def make_images(
    images: Sequence[MitoImage],
    fill: RandomFillModel,
    packages: Mapping[str, Path],
    progress: Progress,
) -> dict[str, dict[str, Floats]]:
    """What each arm makes of the masks: by arm and name. Each mask has a seed of its own."""
    made: dict[str, dict[str, Floats]] = {arm: {} for arm in (RANDOM, *packages)}
    for number, image in enumerate(images):
        progress(number, len(images), "Generating")
        made[RANDOM][image.name] = fill.fill(image.mask, SEED + number)
        for arm, package in packages.items():
            made[arm][image.name] = generate_plane(package, image.mask, seed=SEED + number)
    return made
