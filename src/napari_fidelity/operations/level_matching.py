"""The four levels of a reference image, read part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.mask_labels import MaskLabels
from napari_fidelity.simulation.observation import Levels

TEXT = "Measuring levels"


@dataclass
class Moments:
    """Number, mean and summed squared deviation of values that come in parts.

    Parts are merged by the formula of Chan, Golub and LeVeque (1979), which keeps its digits
    where sums of squares lose them.
    """

    count: int = 0
    mean: float = 0.0
    deviation: float = 0.0

    def add(self, values: npt.NDArray[Any]) -> None:  # Any: every real dtype
        """Take in more values."""
        if not values.size:
            return
        doubles = values.astype(np.float64)
        mean = float(doubles.mean())
        deviation = float(np.square(doubles - mean).sum())
        total = self.count + doubles.size
        step = mean - self.mean
        self.deviation += deviation + step**2 * self.count * doubles.size / total
        self.mean += step * doubles.size / total
        self.count = total

    @property
    def sd(self) -> float:
        """Standard deviation; 0 of nothing."""
        return float(np.sqrt(self.deviation / self.count)) if self.count else 0.0


def match_levels(
    labels: MaskLabels, margin_px: int | None, reference: Image, progress: Progress
) -> Levels:
    """The levels of `reference` in the mask and in its background.

    Parameters
    ----------
    labels : MaskLabels
        The mask.
    margin_px : int or None
        What `find_margin` found.
    reference : Image
        A real image of the same frame, in memory or lazy.
    progress : Progress
        Called for every part.

    Raises
    ------
    UserError
        There is no background, the reference holds NaN, or is not brighter inside the mask.
    """
    name = reference.name or "The reference"
    if margin_px is None:
        raise UserError(
            f"{labels.name} covers everything: there is no background to match to "
            f"{name}. State the levels instead."
        )
    inside, outside, bad = Moments(), Moments(), 0
    bands = labels.list_bands()
    for done, band in enumerate(bands):
        progress(done, len(bands), TEXT)
        index, low, high = band
        rows: tuple[int | slice, ...] = (*index, slice(low, high))
        pixels = np.asarray(reference.array[rows])
        bad += pixels.size - int(np.count_nonzero(np.isfinite(pixels)))
        if bad:  # only their number is of interest any more
            continue
        inside.add(pixels[labels.read(index, (low, 0), (high, labels.shape[-1])) > 0])
        outside.add(pixels[labels.read_background(band, margin_px)])
    if bad:
        raise UserError(f"{name} has {bad} pixels that are NaN or infinite: fill them first.")
    if inside.mean <= outside.mean:
        raise UserError(
            f"{name} is not brighter inside the mask (mean {inside.mean:.4g}) than "
            f"outside (mean {outside.mean:.4g}): choose the mask of this image."
        )
    return Levels(
        foreground_mean=inside.mean,
        foreground_sd=inside.sd,
        background_mean=outside.mean,
        background_sd=outside.sd,
    )
