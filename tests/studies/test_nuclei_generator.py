"""The evidence of the shipped generator: contenders, intervals, card, figure, recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.imageio import write_image
from napari_fidelity.models import load_model
from napari_fidelity.simulation import simulate_nuclei
from napari_fidelity.studies.nuclei_generator.card import Measured, write_card
from napari_fidelity.studies.nuclei_generator.contenders import (
    BARE,
    BEFORE,
    GENERATOR,
    KEYS,
    MASK_ONLY,
    list_contenders,
    paired_interval,
    score_groups,
    score_stack,
)
from napari_fidelity.studies.nuclei_generator.figure import draw_figure
from napari_fidelity.studies.nuclei_generator.material import read_recipe, read_stack
from napari_fidelity.training.fit_images import FitImage
from napari_fidelity.training.typical_response import fit_typical_response


@pytest.fixture(scope="module")
def images():
    found = []
    for number in range(3):
        specimen = simulate_nuclei(shape=(64, 72), seed=number)
        grey = np.rint(specimen.image.array * (150 / specimen.image.array.max()))
        masks = encode_mask(specimen.labels.array)
        group = "a" if number < 2 else "b"
        found.append(FitImage(f"{number}", group, masks, grey.astype(np.float32), step=1.0))
    return found


@pytest.fixture(scope="module")
def contenders():
    generator, filled = load_model("nuclei-pix2pix"), load_model("random-fill")
    return list_contenders(generator, generator, filled)


def test_the_card_tells_what_was_measured(images, contenders):
    scores = {entry.name: score_groups(entry, images) for entry in contenders}
    stack = {entry.name: score_stack(entry, images[:2]) for entry in contenders}
    model = load_model("nuclei-pix2pix")
    manifest = model.manifest
    typical = fit_typical_response(
        [image.with_signal(model.network) for image in images],
        manifest.levels,
        manifest.observation,
    )
    measured = Measured(scores, stack, 2, 327, 71)
    card = write_card(manifest, read_recipe(Path("images")), model.network, measured, typical)
    ours = scores[GENERATOR]
    assert ours.shape == (2, len(KEYS))
    assert f"| {GENERATOR} | {np.mean(ours[:, 0]):.3f} ±" in card
    for name in (BEFORE, BARE, *MASK_ONLY):
        assert f"| {name} |" in card
    assert f"| {GENERATOR} | {stack[GENERATOR]['sfm']:.3f} |" in card
    assert f"| {BEFORE} | +0.000 | +0.000 to +0.000 |" in card
    assert "{" not in card


def test_what_is_not_matched_is_scored_by_sfm_alone(images, contenders):
    unmatched = next(entry for entry in contenders if not entry.matched)
    table = score_groups(unmatched, images)
    assert np.isfinite(table[:, 0]).all()
    assert np.isnan(table[:, 1:]).all()


def test_an_interval_holds_its_mean():
    ours = np.array([1.0, 2.0, 3.0, np.nan])
    mean, low, high = paired_interval(ours, ours - [0.5, 1.0, 1.5, 0.0])
    assert mean == pytest.approx(1)
    assert 0.5 <= low < mean < high <= 1.5


def test_the_figure_has_a_thumbnail_for_generator_and_random_fill(images, contenders):
    figure, thumbnails = draw_figure(contenders, images)
    assert figure.startswith(b"\x89PNG")
    assert len(thumbnails) == 2


def test_planes_of_a_stack_with_enough_foreground_are_read(tmp_path):
    mask = np.zeros((4, 16, 16), np.uint8)
    mask[1, 4:12, 4:12] = mask[2, 6:12, 4:12] = 1
    mask[3, 4:6, 4:6] = 1
    for name, array in (("image", mask * 9 + 1), ("labels", mask), ("other", mask[:2])):
        write_image(tmp_path / f"{name}.tif", Image(array))
    planes = read_stack(tmp_path / "image.tif", tmp_path / "labels.tif")
    assert [plane.name for plane in planes] == ["plane 1", "plane 2"]
    assert planes[0].image.max() == 10
    with pytest.raises(UserError, match="equally large"):
        read_stack(tmp_path / "image.tif", tmp_path / "other.tif")


def test_the_shipped_recipe_is_that_of_the_study():
    recipe = read_recipe(Path("images"))
    assert recipe.method.kind == "textured-pix2pix"
    assert recipe.model.key == "nuclei-pix2pix"
