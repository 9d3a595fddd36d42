"""The response of a training set: a median over groups, told on the cards of shipped packages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.models import load_model
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.simulation.response import Response
from napari_fidelity.training.fit_images import FitImage, take_first_of_groups
from napari_fidelity.training.typical_response import fit_typical_response

HEADING = "## Intensities without a reference"


@pytest.fixture(scope="module")
def images():
    found = []
    for number in range(3):
        specimen = simulate_nuclei(shape=(96, 112), seed=number)
        grey = specimen.image.array.astype(np.float32)
        found.append(FitImage(f"{number}", f"{number}", encode_mask(specimen.labels.array), grey))
    return found


def test_one_response_gives_typical_masks_typical_levels(images):
    model = load_model("nuclei-pix2pix")
    levels = model.manifest.levels
    with_signals = [image.with_signal(model.network) for image in images]
    typical = fit_typical_response(with_signals, levels, model.manifest.observation)
    assert typical.groups == 3
    low, middle, high = typical.made
    assert (low <= middle).all()
    assert (middle <= high).all()
    wanted = np.array(list(levels.model_dump().values()))
    np.testing.assert_allclose(middle, wanted, rtol=0.3)


def test_images_of_a_group_count_once(images):
    again = replace(images[1], name="again", group="0")
    assert take_first_of_groups([*images, again]) == images


@pytest.mark.parametrize("key", ["nuclei-pix2pix", "random-fill"])
def test_the_card_tells_the_shipped_response(key):
    model = load_model(key)
    response = model.manifest.response
    assert response != Response()
    card = (model.folder / "README.md").read_text("utf-8")
    assert HEADING in card
    assert f"exponent {response.exponent:.3g}, gain {response.gain:.3g}" in card
