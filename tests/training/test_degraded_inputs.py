"""Degradation on the fly: new noise at every draw, exact parts, scaling of whole copies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.data.split import TRAIN
from napari_fidelity.inference.normalisation import measure_scaling
from napari_fidelity.simulation.degradation import Pipeline
from napari_fidelity.simulation.degradation.run import run_pipeline
from napari_fidelity.training.degraded_inputs import Degrader
from tests.training.image_folders import PLAIN, draw_image, draw_labels, open_folder, write_images

FIXED = {"steps": [{"kind": "poisson", "photons": 20}]}
RANDOM = {"steps": [{"kind": "poisson", "photons": {"low": 5, "high": 80}}]}
PREPARED = {"steps": [{"kind": "contrast-stretch"}, {"kind": "poisson", "photons": 50}]}


def _write_targets(folder: Path, count: int = 4) -> None:
    images = {f"a{n}": draw_image(draw_labels(n), n, 0.0) for n in range(count)}
    write_images(folder / "targets", images)


@pytest.mark.parametrize("pipeline", [FIXED, RANDOM, PREPARED])
def test_draws_are_keyed_and_noise_is_new(tmp_path: Path, pipeline: dict[str, object]) -> None:
    _write_targets(tmp_path)
    data = open_folder(tmp_path, degradation=pipeline, **PLAIN)
    first = data.draw(4, (0, 1))
    again = open_folder(tmp_path, degradation=pipeline, **PLAIN)
    again.draw(4, (0, 7))  # what was drawn before plays no part
    for one, two in zip(first, again.draw(4, (0, 1)), strict=True):
        np.testing.assert_array_equal(one, two)
    inputs, targets = data.draw(64, (0, 2))
    assert len({patch.tobytes() for patch in inputs}) == 64
    assert 0.3 < np.corrcoef(inputs.ravel(), targets.ravel())[0, 1] < 0.999


def test_a_patch_is_a_part_of_a_whole_degraded_image(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    pipeline = {"steps": [{"kind": "uneven-illumination"}, *FIXED["steps"]]}
    data = open_folder(tmp_path, degradation=pipeline)
    plane = data.fields[TRAIN][0].main
    degrader = Degrader(
        DataSettings.parse({"folder": "x", "degradation": pipeline}), seed=0, images=4
    )
    variant = degrader.find_variant(plane, 0)
    whole = degrader.read(plane, variant, 5, (0, 0), plane.shape)
    part = degrader.read(plane, variant, 5, (10, 20), (26, 36))
    for one, two in zip(whole, part, strict=True):
        np.testing.assert_allclose(one[:, 10:26, 20:36], two, rtol=1e-6)


def test_inputs_are_scaled_by_percentiles_of_whole_copies(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    data = open_folder(tmp_path, degradation=FIXED)
    example = data.list_validation(1)[0]
    pixels = tifffile.imread(tmp_path / "targets" / f"{example.name}.tif")
    copy = run_pipeline(Image(pixels), Pipeline.parse(FIXED), seed=77).image.array
    expected = measure_scaling(copy, Normalisation()).scaling
    assert example.input_scaling.offset == pytest.approx(expected.offset, abs=10)
    assert example.input_scaling.span == pytest.approx(expected.span, rel=0.1)
    clean = measure_scaling(pixels, Normalisation()).scaling
    assert example.target_scaling == clean


def test_validation_images_stay_the_same(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    data = open_folder(tmp_path, degradation=RANDOM)
    for one, two in zip(data.list_validation(9), data.list_validation(9), strict=True):
        assert one.paired
        np.testing.assert_array_equal(one.inputs, two.inputs)


def test_prepared_targets_are_those_of_the_pipeline(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    data = open_folder(tmp_path, degradation=PREPARED, target_range=(0, 255))
    example = data.list_validation(1)[0]
    pixels = tifffile.imread(tmp_path / "targets" / f"{example.name}.tif")
    prepared = run_pipeline(Image(pixels), Pipeline.parse(PREPARED).prepare()).image.array
    np.testing.assert_allclose(example.target_scaling.undo(example.targets[0]), prepared, rtol=1e-4)


def test_unpaired_training_degrades_other_fields(tmp_path: Path) -> None:
    _write_targets(tmp_path, count=6)
    data = open_folder(tmp_path, paired=False, degradation=FIXED)
    names = data.name_patches(32, (0, 0))
    assert not {left for left, _ in names} & {right for _, right in names}
    assert all(example.paired for example in data.list_validation(9))


def test_steps_that_change_the_size_are_refused(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    with pytest.raises(UserError, match="makes 36×28 pixels of 72×56: take out the steps"):
        open_folder(tmp_path, degradation={"steps": [{"kind": "down-sampling", "factor": 2}]})


def test_a_missing_pixel_size_is_told_before_training(tmp_path: Path) -> None:
    _write_targets(tmp_path)
    with pytest.raises(UserError, match=r"does not say its pixel size.* data\.pixel_size_um"):
        open_folder(tmp_path, degradation="mild")
    data = open_folder(tmp_path, degradation="mild", pixel_size_um=0.2)
    assert data.list_validation(1)[0].pixel_size == (0.2, 0.2)
