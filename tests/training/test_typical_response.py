"""The response of a training set: a median, written to packages and cards without training."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from napari_fidelity.data.image_mask_folder import LabelledImage
from napari_fidelity.models import find_model, load_model
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.simulation.response import Response
from napari_fidelity.training.typical_response import (
    HEADING,
    fit_typical_response,
    replace_section,
    update_package,
)


@pytest.fixture(scope="module")
def pairs():
    found = []
    for number in range(3):
        specimen = simulate_nuclei(shape=(96, 112), seed=number)
        grey = specimen.image.array.astype(np.float32)
        found.append(LabelledImage(f"{number}", number, grey, specimen.labels.array))
    return found


@pytest.fixture
def package(tmp_path):
    return shutil.copytree(find_model("random-fill"), tmp_path / "package")


def test_one_response_gives_typical_masks_typical_levels(pairs):
    model = load_model("nuclei-pix2pix")
    levels = model.manifest.levels
    typical = fit_typical_response(model.network, pairs, levels, model.manifest.observation)
    assert typical.groups == 3
    low, middle, high = typical.made
    assert (low <= middle).all()
    assert (middle <= high).all()
    wanted = np.array(list(levels.model_dump().values()))
    np.testing.assert_allclose(middle, wanted, rtol=0.3)


def test_images_of_a_group_count_once(pairs):
    model = load_model("random-fill")
    levels, observation = model.manifest.levels, model.manifest.observation
    again = [LabelledImage("again", 0, pairs[1].image, pairs[1].labels)]
    first, second = (
        fit_typical_response(model.network, taken, levels, observation)
        for taken in (pairs, pairs + again)
    )
    assert first.response == second.response


def test_a_package_is_measured_again_and_keeps_its_weights(package, pairs):
    def hashes():
        files = sorted(package.glob("*.safetensors"))
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]

    before, manifest = hashes(), json.loads((package / "manifest.json").read_text("utf-8"))
    response = update_package(package, pairs)
    texts = [(package / name).read_text("utf-8") for name in ("manifest.json", "README.md")]
    assert json.loads(texts[0]) == {**manifest, "response": response.model_dump()}
    assert texts[1].count(HEADING) == 1
    assert "3 training groups" in texts[1]
    assert load_model(package).manifest.response == response
    assert update_package(package, pairs) == response
    assert [(package / name).read_text("utf-8") for name in ("manifest.json", "README.md")] == texts
    assert hashes() == before


def test_only_the_section_of_a_card_changes():
    card = "# A\n\n## B\n\nold\n\nmore\n\n## C\n\nend\n"
    assert replace_section(card, "## C\n\nnew\n") == "# A\n\n## B\n\nold\n\nmore\n\n## C\n\nnew\n"
    assert replace_section(card, "## D\n\nnew\n") == card + "\n## D\n\nnew\n"


@pytest.mark.parametrize("key", ["nuclei-pix2pix", "random-fill"])
def test_the_card_tells_the_shipped_response(key):
    model = load_model(key)
    response = model.manifest.response
    assert response != Response()
    card = (model.folder / "README.md").read_text("utf-8")
    assert HEADING in card
    assert f"exponent {response.exponent:.3g}, gain {response.gain:.3g}" in card
