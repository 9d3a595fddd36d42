"""Odd images are told in sentences, ordinary ones are not."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fidelity.training.data_warnings import list_warnings, measure_shift
from tests.training.image_folders import (
    draw_image,
    draw_labels,
    open_folder,
    write_masks,
    write_pairs,
)


def _change(folder: Path, change: object) -> None:
    for path in sorted(folder.iterdir()):
        tifffile.imwrite(path, change(tifffile.imread(path)))  # type: ignore[operator]


def test_ordinary_images_need_no_words(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=10)
    assert list_warnings(open_folder(tmp_path, validation_share=0.3)) == []


def test_few_groups_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=3)
    found = " ".join(list_warnings(open_folder(tmp_path)))
    assert "Training has 2 independent" in found
    assert "Validation has one" in found


def test_equal_inputs_and_targets_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=10)
    for path in (tmp_path / "targets").iterdir():
        (tmp_path / "inputs" / path.name).write_bytes(path.read_bytes())
    found = list_warnings(open_folder(tmp_path, validation_share=0.3))
    assert len(found) == 1
    assert found[0].startswith("Inputs and targets are the same images")


@pytest.mark.parametrize("shift", [(0, 2), (-3, 1)])
def test_shifts_between_the_sides_are_told(tmp_path: Path, shift: tuple[int, int]) -> None:
    write_pairs(tmp_path, count=10)
    _change(tmp_path / "targets", lambda pixels: np.roll(pixels, shift, (0, 1)))
    found = list_warnings(open_folder(tmp_path, validation_share=0.3))
    told = re.search(r"by (\S+), (\S+) pixels", found[-1])
    assert told is not None
    np.testing.assert_allclose([float(told[1]), float(told[2])], shift, atol=0.3)


def test_shift_is_measured_by_parts_of_a_pixel() -> None:
    from scipy import ndimage

    plane = draw_image(draw_labels(1, (96, 96)), 0).astype(np.float32)
    moved = ndimage.shift(plane, (0.6, -1.3), mode="nearest")
    found = measure_shift(plane[None], moved[None])
    assert found is not None
    np.testing.assert_allclose(found, (0.6, -1.3), atol=0.15)
    assert measure_shift(np.ones((1, 32, 32), np.float32), plane[None, :32, :32]) is None


def test_saturation_and_ranges_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=10)
    _change(tmp_path / "inputs", lambda pixels: np.where(pixels > 190, 65535, pixels))
    _change(tmp_path / "targets", lambda pixels: pixels * np.uint16(1 + 9 * (pixels[0, 0] % 2)))
    found = " ".join(list_warnings(open_folder(tmp_path, validation_share=0.3)))
    assert "7 files have more than 1% of their pixels at the end" in found  # of training alone
    assert "The range of the targets differs 10-fold" in found


def test_images_without_room_to_turn_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=10)
    turning = {"augmentation": {"rotations": "any"}, "validation_share": 0.3}
    assert list_warnings(open_folder(tmp_path, patch_px=16, **turning)) == []
    found = list_warnings(open_folder(tmp_path, patch_px=48, **turning))
    assert found[0].startswith("7 training images are smaller than 80×80 pixels")
    inputs, _ = open_folder(tmp_path, patch_px=56, **turning).draw(2, (0, 0))
    assert inputs.shape == (2, 1, 56, 56)


def test_labels_in_place_of_images_are_told(tmp_path: Path) -> None:
    write_masks(tmp_path, count=10)
    for path in (tmp_path / "masks").iterdir():
        (tmp_path / "images" / path.name).write_bytes(path.read_bytes())
    found = list_warnings(open_folder(tmp_path, "synthesis", validation_share=0.3))
    assert [s for s in found if s.startswith("The targets look like masks or labels")]


def test_masks_without_objects_are_told(tmp_path: Path) -> None:
    write_masks(tmp_path, count=10)
    tifffile.imwrite(tmp_path / "masks" / "a3.tif", np.zeros((72, 56), np.uint8))
    for seed in range(3):
        data = open_folder(tmp_path, "synthesis", validation_share=0.3, seed=seed)
        told = any(
            "1 of 7 training images show no patch with a mask (a3)" in s
            for s in list_warnings(data)
        )
        assert told == ("a3" in data.train_names)
