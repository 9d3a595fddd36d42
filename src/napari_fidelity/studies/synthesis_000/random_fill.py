"""Random fill: the paper's arm without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_fidelity.core.random import normal, uniform
from napari_fidelity.metrics import background_region
from napari_fidelity.studies.synthesis_000.fields import Bools, Floats, MitoImage

QUANTILES = 1001


@dataclass(frozen=True, eq=False)
class RandomFillModel:
    """What random fill knows of real images.

    Parameters
    ----------
    quantiles : ndarray of float64
        Of the pooled foreground, at equal steps of probability from 0 to 1.
    background_mean, background_sd : float
        Of the pooled background.
    """

    quantiles: np.ndarray[tuple[int], np.dtype[np.float64]]
    background_mean: float
    background_sd: float

    def fill(self, mask: Bools, seed: int) -> Floats:
        """An image: every foreground pixel drawn for itself, around them white noise.

        Feng et al. (ICIP 2019), after Chai et al. (2018).
        """
        places = uniform(mask.shape, seed=seed, stream=0) * (QUANTILES - 1)
        inside = np.interp(places, np.arange(QUANTILES), self.quantiles)
        noise = normal(mask.shape, seed=seed, stream=1)
        outside = self.background_mean + self.background_sd * noise
        return np.asarray(np.where(mask, inside, outside), np.float32)


def fit_random_fill(images: Sequence[MitoImage]) -> RandomFillModel:
    """Quantiles and background of real images."""
    inside = np.concatenate([image.image[image.mask] for image in images]).astype(np.float64)
    outside = np.concatenate([i.image[background_region(i.mask)] for i in images])
    outside = outside.astype(np.float64)
    quantiles = np.quantile(inside, np.linspace(0, 1, QUANTILES))
    return RandomFillModel(quantiles, float(outside.mean()), float(outside.std()))
