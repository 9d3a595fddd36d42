"""The measures of every test image, of every arm and of the controls beside them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics import MeasureSettings, mask_baselines, measure
from napari_fidelity.studies.synthesis_000.fields import BRIGHT, DARK, Floats, MitoImage

KEYS = ("sfm", "nfm", "bfm", "bfm_gain_matched", "bfm_sigma", "bfm_background", "ssim", "psnr",
        "ncc")  # fmt: skip
PUBLISHED = ("ssim", "psnr")  # with the range of 16 bits, as the published code has it
PUBLISHED_RANGE = 65535.0
SUFFIX, FLOOR = "_65535", "nfm_floor"
COLUMNS = (*KEYS, *(key + SUFFIX for key in PUBLISHED), FLOOR)
CONTROLS = {
    "mask-blurred": "mask, blurred σ 2 px",
    "mask-depth": "mask, depth",
    "real-blurred": "real, blurred σ 1 px",
    "real-shifted": "real, shifted 1 px",
    "real-other": "another real image of the field",
}


@dataclass(frozen=True)
class ScoreRow:
    """The scores of an arm's image beside the real one; NaN where not defined."""

    name: str
    group: str
    arm: str
    scores: Mapping[str, float]


def score_arms(
    images: Sequence[MitoImage], made: Mapping[str, Mapping[str, Floats]], progress: Progress
) -> list[ScoreRow]:
    """All arms and controls on all images."""
    rows = []
    for number, image in enumerate(images):
        progress(number, len(images), "Measuring")
        tests = {arm: found[image.name] for arm, found in made.items()}
        for arm, test in (*tests.items(), *list_controls(image, images)):
            rows.append(ScoreRow(image.name, image.group, arm, score_image(test, image)))
    return rows


def score_image(test: Floats, real: MitoImage) -> dict[str, float]:
    """All measures of one image."""
    usual = measure(KEYS, test=test, reference=real.image, mask=real.mask)
    found = {score.key: score for score in usual}
    wide = MeasureSettings(data_range=PUBLISHED_RANGE)
    published = measure(PUBLISHED, test=test, reference=real.image, mask=real.mask, settings=wide)
    floor = found["nfm"].details.get("floor", math.nan)
    return {
        **{key: score.value for key, score in found.items()},
        **{score.key + SUFFIX: score.value for score in published},
        FLOOR: float(floor),
    }


def list_controls(image: MitoImage, images: Sequence[MitoImage]) -> Iterator[tuple[str, Floats]]:
    """Images that need no training: what the outline alone says, and the real one changed.

    Another real image of the same field is left out where there is none of equal size.
    """
    outlines = mask_baselines(image.mask)
    for key, outline in zip(("mask-blurred", "mask-depth"), outlines.values(), strict=True):
        yield key, np.asarray(DARK + (BRIGHT - DARK) * outline, np.float32)
    yield "real-blurred", np.asarray(ndimage.gaussian_filter(image.image, 1.0), np.float32)
    yield "real-shifted", np.roll(image.image, 1, axis=1)
    mine = [i for i in images if i.group == image.group]
    place = next(n for n, other in enumerate(mine) if other is image)
    other = mine[(place + 1) % len(mine)]
    if other is not image and other.image.shape == image.image.shape:
        yield "real-other", other.image


def average_fields(rows: Sequence[ScoreRow], key: str, arm: str) -> dict[str, float]:
    """The mean of a measure over the images of each field; of |ln| for `bfm`-like ratios.

    NaN images do not count; a field of NaN alone is NaN.
    """
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.arm == arm:
            found.setdefault(row.group, []).append(judge(key, row.scores[key]))
    return {
        group: float(np.mean(known)) if (known := [v for v in values if v == v]) else math.nan
        for group, values in sorted(found.items())
    }


def judge(key: str, value: float) -> float:
    """The value as it is compared: for ratios whose best is 1 the distance |ln|.

    Examples
    --------
    >>> judge("sfm", 0.5), round(judge("bfm", 0.5), 3)
    (0.5, 0.693)
    """
    if not key.startswith("bfm"):
        return value
    return abs(math.log(value)) if value > 0 else math.nan


def list_values(rows: Sequence[ScoreRow], key: str, arm: str) -> list[float]:
    """The measure of every image of an arm, in the order of the rows."""
    return [row.scores[key] for row in rows if row.arm == arm]


def format_scores(rows: Sequence[ScoreRow]) -> str:
    """Every score of every image as CSV; NaN is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "field", "arm", *COLUMNS])
    for row in rows:
        cells = ["" if row.scores[c] != row.scores[c] else f"{row.scores[c]:.6g}" for c in COLUMNS]
        writer.writerow([row.name, row.group, row.arm, *cells])
    return text.getvalue()
