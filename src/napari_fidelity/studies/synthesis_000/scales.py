"""How large the study is: the paper's settings, narrow ones, and the smallest that run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from napari_fidelity.studies.reproduction import Scale

RANGE = (0.0, 1500.0)  # counts that become 0 and 1: the authors' x/750 - 1 as tanh gives it
Settings = Mapping[str, Any]  # Any: values of settings of methods and runs


@dataclass(frozen=True)
class Sizes:
    """Settings of all trainings of the study.

    Parameters
    ----------
    pix2pix, cyclegan, unet : mapping
        Settings of the methods.
    pix2pix_run, cyclegan_run, unet_run : mapping
        Settings of the runs, beside time and seed.
    gan_patch_px, unet_patch_px : int
        Sides of patches.
    gan_minutes, unet_minutes : float or None
        Training time; None: the paper's steps.
    pix2pix_epochs, cyclegan_epochs, unet_epochs : int or None
        Passes over the images instead of a time.
    seeds : int
        Repetitions of the segmentation.
    match_levels : bool
        Whether fields are brought to one brightness.
    deviations : tuple of str
        Sentences on what differs from the paper.
    """

    pix2pix: Settings = field(default_factory=dict)
    cyclegan: Settings = field(default_factory=dict)
    unet: Settings = field(default_factory=dict)
    pix2pix_run: Settings = field(default_factory=dict)
    cyclegan_run: Settings = field(default_factory=dict)
    unet_run: Settings = field(default_factory=dict)
    gan_patch_px: int = 256
    unet_patch_px: int = 256
    gan_minutes: float | None = None
    unet_minutes: float | None = None
    pix2pix_epochs: int | None = 800
    cyclegan_epochs: int | None = 200
    unet_epochs: int | None = 50
    seeds: int = 3
    match_levels: bool = False
    deviations: tuple[str, ...] = ()


FULL = Sizes(
    pix2pix={"kind": "pix2pix", "published_input": True},
    cyclegan={"kind": "cyclegan"},
    unet={"kind": "segmentation"},
    pix2pix_run={"batch": 5},
    cyclegan_run={"batch": 1},
    unet_run={"batch": 4},
    deviations=(
        "The checkpoint of the smallest distance between the distributions of made and real "
        "validation images is used, not the last.",
        "CycleGAN's masks and images are of disjoint fields; the paper's were the same 500.",
        "The segmentation is repeated with three seeds.",
    ),
)

GAN_WIDTHS = [32, 64, 128, 128]
SMALL = Sizes(
    pix2pix={
        "kind": "pix2pix",
        "widths": GAN_WIDTHS,
        "discriminator_width": 32,
        "l1_weight": 30.0,
        "rate": 4e-4,
        "averaging": 0.995,
        "upsampling": "nearest",
        "detail": 8.0,
    },
    cyclegan={
        "kind": "cyclegan",
        "widths": GAN_WIDTHS,
        "discriminator_width": 32,
        "schedule": "constant",  # where time ends the run, a falling rate has no end to fall to
        "averaging": 0.995,
        "detail": 8.0,
    },
    unet={
        "kind": "segmentation",
        "widths": [16, 32, 64, 128],
        "norm": "batch",
        "optimiser": "adam",
        "rate": 1e-3,
    },
    pix2pix_run={"batch": 4, "validate_every": 400, "checkpoint_every": 400},
    cyclegan_run={"batch": 1, "validate_every": 400, "checkpoint_every": 400},
    unet_run={"batch": 4, "validate_every": 100, "checkpoint_every": 200, "previews": 0},
    gan_patch_px=128,
    unet_patch_px=128,
    gan_minutes=10.0,
    unet_minutes=2.0,
    match_levels=True,
    deviations=(
        "Other images, counted above, instead of 500 + 50 + 78 and 600 masks; the unit of every "
        "test is the field, not the crop.",
        "Where no masks are given: Otsu's threshold above a local background instead of manual "
        "labels, for training and as the truth of the segmentation.",
        "Each field's background and 99.8th percentile are brought to the same two levels, since "
        "fields differ fivefold in brightness.",
        "CycleGAN's masks and images are of parts of fields that share no pixel; the paper's were "
        "the same 500 images.",
        "Equal training time for pix2pix and CycleGAN, {gan_minutes} minutes, instead of 800 and "
        "200 epochs (the passes that were made are in the table above).",
        "Narrow networks: U-Net generators of {gan_widths} filters, discriminators of half the "
        "filters, patches of {gan_patch}², batch {pix2pix_batch} (pix2pix, rate "
        "{pix2pix_rate}) and {cyclegan_batch} (CycleGAN), averaged weights; the generators get "
        "boundaries and noise beside the mask.",
        "The discriminators of images also see them less their 5×5 mean, times {detail:g}: noise "
        "is a few hundredths of the range, and with published discriminators backgrounds were "
        "still without it after two thousand steps.",
        "L1 weight {l1_weight:g} of pix2pix instead of 100, and up-sampling followed by 3×3 "
        "convolutions instead of transposed ones: with the published values noise comes later. "
        "Like the line above chosen on the validation field.",
        "Segmentation U-Nets of {unet_widths} filters with batch norm, Adam at {unet_rate} "
        "instead of stochastic gradient descent at 0.01, patches of {unet_patch}², {unet_minutes} "
        "minutes; three seeds instead of one.",
        "The best checkpoint on the validation field is used, by the method's own criterion "
        "(unpaired for CycleGAN), not the last.",
        "NFM over all background at least 5 px from the mask, not over hand-picked rectangles; BFM "
        "without the border.",
    ),
)

SMOKE = replace(
    SMALL,
    pix2pix={**SMALL.pix2pix, "widths": [8, 8], "discriminator_width": 4, "averaging": 0.0},
    cyclegan={**SMALL.cyclegan, "widths": [8, 8], "discriminator_width": 4, "averaging": 0.0},
    unet={**SMALL.unet, "widths": [4, 8]},
    pix2pix_run={"batch": 1, "validate_every": 10, "checkpoint_every": 10, "previews": 1},
    cyclegan_run={"batch": 1, "validate_every": 10, "checkpoint_every": 10, "previews": 1},
    unet_run={"batch": 1, "validate_every": 10, "checkpoint_every": 10, "previews": 0},
    gan_patch_px=32,
    unet_patch_px=32,
    gan_minutes=0.02,
    unet_minutes=0.02,
    seeds=1,
    deviations=("Everything: simulated images, networks of a few filters, seconds of training.",),
)
SIZES: Mapping[Scale, Sizes] = {"smoke": SMOKE, "small": SMALL, "full": FULL}
UNET_SHARE = 0.2  # training time of a U-Net over that of a generator


def choose_sizes(scale: Scale, minutes: float | None = None) -> Sizes:
    """The settings of a scale; `minutes` is the training time of each generator.

    A segmentation U-Net gets a fifth of it. "full" has no time limit: `minutes` is not for it.
    """
    sizes = SIZES[scale]
    if minutes is not None and sizes.gan_minutes is not None:
        sizes = replace(sizes, gan_minutes=minutes, unet_minutes=UNET_SHARE * minutes)
    return replace(sizes, deviations=tuple(map(partial(_state_numbers, sizes), sizes.deviations)))


def _state_numbers(sizes: Sizes, sentence: str) -> str:
    """The sentence with the numbers of the settings in place of their names."""
    numbers = {
        "gan_widths": "-".join(map(str, sizes.pix2pix.get("widths", ()))),
        "unet_widths": "-".join(map(str, sizes.unet.get("widths", ()))),
        "gan_minutes": f"{sizes.gan_minutes or 0:g}",
        "unet_minutes": f"{sizes.unet_minutes or 0:g}",
        "gan_patch": sizes.gan_patch_px,
        "unet_patch": sizes.unet_patch_px,
        "pix2pix_batch": sizes.pix2pix_run.get("batch"),
        "cyclegan_batch": sizes.cyclegan_run.get("batch"),
        "l1_weight": sizes.pix2pix.get("l1_weight", 100.0),
        "detail": sizes.pix2pix.get("detail", 0.0),
        "pix2pix_rate": sizes.pix2pix.get("rate"),
        "unet_rate": sizes.unet.get("rate"),
    }
    return sentence.format(**numbers)
