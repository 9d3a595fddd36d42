"""Texture, noise and intensities of a generator, fitted to its training images; what it scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from napari_fidelity.core.errors import UserError
from napari_fidelity.metrics import measure
from napari_fidelity.networks.spec import LocalNetwork
from napari_fidelity.networks.textured_unet import TexturedUNet
from napari_fidelity.simulation.response import observe
from napari_fidelity.training.fit_images import (
    FitImage,
    Floats,
    read_examples,
    take_first_of_groups,
)
from napari_fidelity.training.method import Intensities
from napari_fidelity.training.observation_fit import (
    fit_levels,
    fit_observation,
    limit_exponent,
)
from napari_fidelity.training.texture_fit import choose_texture
from napari_fidelity.training.typical_response import fit_typical_response

if TYPE_CHECKING:
    from napari_fidelity.training.training_data import Example

KEYS = ("sfm", "nfm", "bfm_sigma", "bfm_background")
_SEARCHED = 40
_SEED = 1


def fit_intensities(
    network: TexturedUNet, examples: Sequence[Example], max_sfm_loss: float
) -> tuple[TexturedUNet, Intensities]:
    """The network under its gain of texture, and how its signal becomes an image.

    Parameters
    ----------
    network : TexturedUNet
        As trained.
    examples : sequence of Example
        Training images; the first usable one of each group counts.
    max_sfm_loss : float
        What texture may cost of mean SFM.

    Raises
    ------
    UserError
        No training image has objects brighter than background.
    """
    images = take_first_of_groups(read_examples(examples))
    if not images:
        raise UserError(
            "No training image has objects that are brighter than the background around them: "
            "nothing can be learned of their intensities."
        )
    network, searched = choose_texture(network, images[:_SEARCHED], max_sfm_loss)
    levels = fit_levels(images)
    images = [image.with_signal(network) for image in images]
    observation = limit_exponent(fit_observation(images, searched), images)
    typical = fit_typical_response(images, levels, observation)
    return network, Intensities(levels, observation, typical.response)


def score_matched(
    network: LocalNetwork, intensities: Intensities, examples: Sequence[Example]
) -> Mapping[str, float]:
    """Mean scores of whole made images that are matched to the real ones by their four levels.

    Parameters
    ----------
    network : LocalNetwork
        Makes the signal.
    intensities : Intensities
        Its observation is used.
    examples : sequence of Example
        Validation images.
    """
    rows = []
    for image in read_examples(examples):
        found = measure(
            KEYS,
            test=make_matched(image.with_signal(network, seed=_SEED), intensities),
            reference=image.image,
            mask=image.foreground,
        )
        rows.append([score.value for score in found])
    if not rows:
        return {}
    table = np.where(np.isfinite(rows), rows, np.nan)
    return {
        key: float(np.nanmean(column))
        for key, column in zip(KEYS, table.T, strict=True)
        if np.isfinite(column).any()
    }


def make_matched(image: FitImage, intensities: Intensities) -> Floats:
    """The made image with the levels of the real one, in its grey levels."""
    assert image.signal is not None
    made = observe(
        image.signal,
        image.foreground,
        image.background,
        image.levels,
        intensities.observation,
        seed=_SEED,
        origin=(0, 0),
    )
    return image.round_like(made)
