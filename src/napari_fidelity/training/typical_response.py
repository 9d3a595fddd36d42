"""The response of a training set: what makes intensities where no levels are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_fidelity.simulation.observation import Levels, ObservationModel, measure_levels
from napari_fidelity.simulation.response import (
    Response,
    apply_response,
    blend_weight,
    fit_response,
)
from napari_fidelity.training.fit_images import FitImage

_SEED = 0
_DIGITS = 5


@dataclass(frozen=True)
class TypicalResponse:
    """A response, and the levels of the images that it makes.

    Parameters
    ----------
    response : Response
        Median of each coefficient over the images.
    made : ndarray, (3, 4)
        5th, 50th and 95th percentile over the images of each level of what is made with it,
        in the order of `Levels`.
    groups : int
        Over how many images, one a group.
    """

    response: Response
    made: npt.NDArray[np.float64]
    groups: int


def fit_typical_response(
    images: Sequence[FitImage], levels: Levels, observation: ObservationModel
) -> TypicalResponse:
    """The median response over one image of each group, all fitted to the same levels.

    Parameters
    ----------
    images : sequence of FitImage
        Training images with their signals, one a group.
    levels : Levels
        The median levels of the training set.
    observation : ObservationModel
        Its haze and noise.
    """
    rows, made = [], []
    for image in images:
        assert image.signal is not None
        response = fit_response(
            image.signal, image.foreground, image.background, levels, observation
        )
        rows.append(list(response.model_dump().values()))
    middle = [float(f"{value:.{_DIGITS}g}") for value in np.median(rows, axis=0)]
    response = Response(**dict(zip(Response.model_fields, middle, strict=True)))
    for image in images:
        assert image.signal is not None
        weight = blend_weight(image.foreground)
        shown = apply_response(
            image.signal, weight, response, observation, seed=_SEED, origin=(0, 0)
        )
        found = measure_levels(shown, image.foreground, image.background)
        made.append(list(found.model_dump().values()))
    return TypicalResponse(response, np.percentile(made, [5, 50, 95], axis=0), len(images))
