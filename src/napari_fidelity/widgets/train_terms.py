"""The numbers of a training in words: what they are called, which way is better."""

from __future__ import annotations

import textwrap
from typing import Literal

from napari_fidelity.metrics.spec import METRICS
from napari_fidelity.widgets.train_history import LOSS, RATE, SCORE, UNTOUCHED

Direction = Literal["higher", "lower", "one", "none"]
SHORT = {
    "sfm": "SFM",
    "nfm": "NFM",
    "bfm_sigma": "BFM",
    "bfm_background": "BFM bg",
    "psnr": "PSNR",
    "ssim": "SSIM",
    "nrmse": "NRMSE",
    "mae": "MAE",
    "iou": "IoU",
    "dice": "Dice",
    "unpaired": "distance",
    "unpaired_intensity": "distance: intensity",
    "unpaired_fine": "distance: fine texture",
    "unpaired_coarse": "distance: coarse texture",
    "loss": "loss",
}
# those that say most to a person
FIRST = ("sfm", "nfm", "bfm_sigma", "psnr", "ssim", "nrmse", "iou", "dice")
EXPLAINED = {
    "iou": "Overlap of found and true foreground, divided by their union; 1 is perfect",
    "dice": "Twice the overlap of found and true foreground, divided by their sum; 1 is perfect",
    "unpaired": "How far intensities and texture of made images are from those of real ones, "
    "without comparing an image with its own mask's; 0 is perfect",
    "unpaired_intensity": "How far made intensities are from real ones; 0 is perfect",
    "unpaired_fine": "How far noise and finest texture are from the real ones'; 0 is perfect",
    "unpaired_coarse": "How far coarser texture and edges are from the real ones'; 0 is perfect",
}
HIGHER = ("iou", "dice", "accuracy", "f1")


def short_key(key: str) -> str:
    """The metric in a column's name: "sfm" of "val_sfm" and of "val_input_sfm"."""
    for prefix in (UNTOUCHED, SCORE):
        if key.startswith(prefix):
            return key.removeprefix(prefix)
    return key


def spell_metric(key: str) -> str:
    """A validation metric for people.

    Examples
    --------
    >>> spell_metric("val_sfm"), spell_metric("val_bfm_sigma"), spell_metric("val_cycle_loss")
    ('SFM', 'BFM', 'cycle loss')
    """
    name = short_key(key)
    return SHORT.get(name, name.replace("_", " "))


def spell_series(key: str) -> str:
    """Any column for people.

    Examples
    --------
    >>> spell_series("loss_generator_l1"), spell_series("rate_generator"), spell_series("val_iou")
    ('generator l1', 'generator', 'IoU')
    """
    for prefix in (LOSS, RATE):
        if key.startswith(prefix):
            return key.removeprefix(prefix).replace("_", " ") or "loss"
    return spell_metric(key)


def direction_of(key: str) -> Direction:
    """Which way a validation metric gets better."""
    name = short_key(key)
    if name in METRICS:
        return METRICS[name].better
    return "higher" if name in HIGHER else "lower"


def explain_metric(key: str) -> str:
    """A tooltip: what the number is, and which way is better."""
    name = short_key(key)
    if name in METRICS:
        spec = METRICS[name]
        words = f"{spec.title}: {spec.definition}"
    else:
        words = EXPLAINED.get(name, f"{spell_metric(key)} on the validation images")
    ways = {"higher": "higher", "lower": "lower", "one": "closer to 1", "none": "neither way"}
    return "\n".join(textwrap.wrap(words, 64)) + f"\nBetter: {ways[direction_of(key)]}"


def improvement(key: str, before: float, now: float) -> float:
    """How much better `now` is than `before`, in the metric's own unit; below 0 is worse.

    Examples
    --------
    >>> round(improvement("val_sfm", 0.5, 0.75), 3), round(improvement("val_mae", 0.5, 0.75), 3)
    (0.25, -0.25)
    >>> round(improvement("val_bfm_sigma", 0.5, 1.25), 3)
    0.25
    """
    direction = direction_of(key)
    if direction == "one":
        return abs(before - 1) - abs(now - 1)
    return before - now if direction == "lower" else now - before
