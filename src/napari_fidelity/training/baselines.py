"""What needs no training, scored on the same validation images as a trained network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.settings import Task
from napari_fidelity.metrics import measure
from napari_fidelity.metrics.masks import background_region, mask_baselines, otsu_mask
from napari_fidelity.simulation.observation import Levels, measure_levels

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Scores = dict[str, float]
GAUSSIAN_SIGMAS_PX = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
KEYS: Mapping[Task, tuple[str, ...]] = {
    "synthesis": ("sfm", "nfm", "bfm_sigma", "bfm_background"),
    "restoration": ("psnr", "ssim", "nrmse", "mae"),
    "segmentation": ("iou", "dice"),
}
UNTOUCHED = "untouched input"
_SEED = 0


def measure_baselines(task: Task, examples: Sequence[Example]) -> dict[str, Scores]:
    """Mean scores of what everybody has: the bar that a trained network must pass.

    Restoration: the untouched input, and a Gaussian whose σ is the best of seven for these very
    images (by PSNR). Synthesis: random fill from the pixels of the real image, and what the
    outline alone predicts, with the levels of the real image. Segmentation: Otsu's threshold of
    the first channel.

    Parameters
    ----------
    task : str
        What the network is trained for.
    examples : sequence of Example
        Validation images; those that are not paired count for nothing here.

    Returns
    -------
    dict of str to dict
        Scores by key for each baseline by its name, over images in which they are defined; NaN
        where they are in none. Empty without paired images.
    """
    paired = [example for example in examples if example.paired]
    if not paired:
        return {}
    makers = {
        "synthesis": _baselines_of_synthesis,
        "restoration": _baselines_of_restoration,
        "segmentation": _baselines_of_segmentation,
    }
    return makers[task](paired)


def score_mask(found: Mask, target: Mask) -> Scores:
    """Overlap of two masks: intersection over union, and Dice's coefficient.

    Two empty masks agree: both are 1.

    Examples
    --------
    >>> score_mask(np.array([True, True, False]), np.array([True, False, False]))
    {'iou': 0.5, 'dice': 0.6666666666666666}
    """
    common = int(np.count_nonzero(found & target))
    either = int(np.count_nonzero(found | target))
    total = int(np.count_nonzero(found)) + int(np.count_nonzero(target))
    return {
        "iou": common / either if either else 1.0,
        "dice": 2 * common / total if total else 1.0,
    }


def average_scores(rows: Sequence[Scores]) -> Scores:
    """The mean of each score over the images in which it is finite; NaN where it never is."""
    means = {}
    for key in rows[0]:
        values = np.array([row[key] for row in rows])
        finite = values[np.isfinite(values)]
        means[key] = float(finite.mean()) if finite.size else float("nan")
    return means


def _baselines_of_restoration(examples: Sequence[Example]) -> dict[str, Scores]:
    examples = [each for each in examples if each.inputs.shape == each.targets.shape]
    if not examples:
        return {}
    keys = KEYS["restoration"]
    found = {UNTOUCHED: _score_images(keys, examples, lambda example: example.inputs[0])}
    by_psnr = {
        sigma: _score_images(("psnr",), examples, partial(_blur, sigma=sigma))["psnr"]
        for sigma in GAUSSIAN_SIGMAS_PX
    }
    best = max(GAUSSIAN_SIGMAS_PX, key=lambda sigma: np.nan_to_num(by_psnr[sigma], nan=-np.inf))
    found[f"Gaussian, σ {best:g} px"] = _score_images(keys, examples, partial(_blur, sigma=best))
    return found


def _blur(example: Example, sigma: float) -> Floats:
    image = example.inputs[0]
    sides = (0.0,) * (image.ndim - 2) + (sigma, sigma)
    return np.asarray(ndimage.gaussian_filter(image, sides), np.float32)


def _score_images(
    keys: Sequence[str], examples: Sequence[Example], make: Callable[[Example], Floats]
) -> Scores:
    """Mean scores in scaled units, of the first channel."""
    rows = []
    for example in examples:
        scores = measure(keys, test=make(example), reference=example.targets[0])
        rows.append({score.key: score.value for score in scores})
    return average_scores(rows)


def _baselines_of_synthesis(examples: Sequence[Example]) -> dict[str, Scores]:
    """In the units of each real image, in which its camera counts."""
    real = [np.asarray(each.target_scaling.undo(each.targets[0]), np.float32) for each in examples]
    masks = [_mask_of(each) for each in examples]
    rows: dict[str, list[Scores]] = {}
    for number, (target, mask) in enumerate(zip(real, masks, strict=True)):
        background = background_region(mask)
        if not mask.any() or not background.any():
            continue
        levels = measure_levels(target, mask, background)
        for name, image in _fill_mask(mask, levels, target[mask], number).items():
            scores = measure(KEYS["synthesis"], test=image, reference=target, mask=mask)
            rows.setdefault(name, []).append({score.key: score.value for score in scores})
    return {name: average_scores(found) for name, found in rows.items()}


def _fill_mask(mask: Mask, levels: Levels, pool: Floats, number: int) -> dict[str, Floats]:
    """Images that know a mask and four levels, and nothing of structures."""
    rng = np.random.default_rng((_SEED, number))
    noise = levels.background_mean + levels.background_sd * rng.standard_normal(mask.shape)
    drawn = rng.choice(pool, mask.shape)
    images = {"random fill": np.where(mask, drawn, noise).astype(np.float32)}
    names = {"blurred": "blurred mask, σ 2 px", "distance": "1 − exp(−distance/3)"}
    for key, weight in mask_baselines(mask).items():
        image = levels.background_mean + levels.contrast * weight
        images[names[key]] = image.astype(np.float32)
    return images


def _mask_of(example: Example) -> Mask:
    return example.inputs[0] > 0.5 if example.mask is None else example.mask


def _baselines_of_segmentation(examples: Sequence[Example]) -> dict[str, Scores]:
    rows = []
    for example in examples:
        try:
            found = otsu_mask(example.inputs[0])
        except UserError:  # a constant image has no threshold
            found = np.zeros(example.inputs.shape[1:], bool)
        rows.append(score_mask(found, example.targets[0] > 0.5))
    return {"Otsu's threshold": average_scores(rows)}
