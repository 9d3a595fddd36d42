"""What cannot be trained on is told in one sentence, before anything begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.settings import Task
from tests.training.image_folders import (
    draw_image,
    draw_labels,
    open_folder,
    write_images,
    write_masks,
    write_pairs,
)


def _write(folder: Path, place: str, pixels: np.ndarray, **how: object) -> None:
    tifffile.imwrite(folder / f"{place}.tif", pixels, **how)


def _other_size(folder: Path) -> None:
    _write(folder, "inputs/a2", draw_image(draw_labels(2, (60, 56)), 2))


def _other_type(folder: Path) -> None:
    _write(folder, "inputs/a2", draw_image(draw_labels(2), 2).astype(np.uint8))


def _not_a_number(folder: Path) -> None:
    for path in (folder / "inputs").iterdir():
        pixels = tifffile.imread(path).astype(np.float32)
        pixels[3, 4:6] = np.nan
        tifffile.imwrite(path, pixels)


def _constant(folder: Path) -> None:
    _write(folder, "targets/a3", np.full((72, 56), 9, np.uint16))


def _colour(folder: Path) -> None:
    _write(folder, "inputs/a1", np.zeros((72, 56, 3), np.uint8), photometric="rgb")


def _damaged(folder: Path) -> None:
    (folder / "inputs" / "a1.tif").write_bytes(b"no image at all")


def _empty_file(folder: Path) -> None:
    (folder / "inputs" / "a1.tif").write_bytes(b"")


def _other_pixel_size(folder: Path) -> None:
    for number, path in enumerate(sorted((folder / "targets").iterdir())):
        size = 0.1 if number else 0.2
        metadata = {"axes": "YX", "PhysicalSizeX": size, "PhysicalSizeY": size}
        tifffile.imwrite(path, tifffile.imread(path), ome=True, metadata=metadata)


def _other_channels(folder: Path) -> None:
    pixels = np.stack([draw_image(draw_labels(2), 2)] * 2)
    _write(folder, "inputs/a2", pixels, ome=True, metadata={"axes": "CYX"})


def _all_noise(folder: Path) -> None:
    for number, path in enumerate(sorted((folder / "targets").iterdir())):
        noise = np.random.default_rng(number).normal(100, 5, (72, 56))
        tifffile.imwrite(path, np.rint(noise).astype(np.uint16))


def _a_mask(folder: Path) -> None:
    np.save(folder / "inputs" / "a1.npy", draw_labels(1) > 0)
    (folder / "inputs" / "a1.tif").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_other_size, r"inputs/a2.tif is 60×56 \(YX\), .*targets/a2.tif is 72×56 \(YX\)"),
        (_other_type, r"inputs/a0.tif holds uint16 pixels, .*inputs/a2.tif uint8"),
        (_not_a_number, r"a0.tif holds 2 of 4032 pixels that are NaN or infinite"),
        (_constant, r"targets/a3.tif is constant, every pixel is 9"),
        (_colour, "a1.tif is a colour image"),
        (_damaged, "a1.tif"),
        (_empty_file, r"a1.tif is empty \(0 bytes\)"),
        (_other_pixel_size, r"pixels of 0.2×0.2 micrometer, .* of 0.1×0.1 micrometer"),
        (_other_channels, "has 1 channels, .*a2.tif has 2"),
        (_all_noise, "All training images are background"),
        (_a_mask, "a1.npy is a mask, a grey image is needed"),
    ],
)
def test_bad_pairs_are_refused(tmp_path: Path, spoil: Callable[[Path], None], message: str) -> None:
    write_pairs(tmp_path, count=4)
    spoil(tmp_path)
    with pytest.raises(UserError, match=message) as caught:
        open_folder(tmp_path)
    assert "\n" not in str(caught.value)


def _grey(folder: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 200, (72, 56)).astype(np.uint8)
    _write(folder, "masks/a1", noise)


def _floats(folder: Path) -> None:
    _write(folder, "masks/a1", np.random.default_rng(0).random((72, 56), np.float32))


def _negative(folder: Path) -> None:
    _write(folder, "masks/a1", draw_labels(1).astype(np.int16) - 1)


def _two_channels(folder: Path) -> None:
    pixels = np.stack([draw_labels(1)] * 2)
    _write(folder, "masks/a1", pixels, ome=True, metadata={"axes": "CYX"})


def _no_object(folder: Path) -> None:
    for path in (folder / "masks").iterdir():
        tifffile.imwrite(path, np.zeros((72, 56), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_grey, "masks/a1.tif looks like a grey image"),
        (_floats, r"masks/a1.tif holds float32 values from .*a mask has labels"),
        (_negative, "a1.tif has values down to -1"),
        (_two_channels, "a1.tif has 2 channels: a mask has one"),
        (_no_object, "no mask marks an object"),
    ],
)
@pytest.mark.parametrize("task", ["synthesis", "segmentation"])
def test_bad_masks_are_refused(
    tmp_path: Path, spoil: Callable[[Path], None], message: str, task: Task
) -> None:
    write_masks(tmp_path, count=3)
    spoil(tmp_path)
    with pytest.raises(UserError, match=message):
        open_folder(tmp_path, task)


def test_exchanged_folders_are_noticed(tmp_path: Path) -> None:
    write_masks(tmp_path, count=3)
    (tmp_path / "masks").rename(tmp_path / "other")
    (tmp_path / "images").rename(tmp_path / "masks")
    (tmp_path / "other").rename(tmp_path / "images")
    with pytest.raises(UserError, match="Are two folders exchanged"):
        open_folder(tmp_path, "synthesis")


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.float32])
def test_masks_of_two_values_are_masks(tmp_path: Path, kind: type) -> None:
    write_masks(tmp_path, count=3)
    for path in (tmp_path / "masks").iterdir():
        mask = tifffile.imread(path) > 0
        pixels = mask if kind is np.bool_ else (255 * mask).astype(kind)
        np.save(path.with_suffix(".npy"), pixels)
        path.unlink()
    data = open_folder(tmp_path, "synthesis")
    inputs, _ = data.draw(4, (0, 0))
    assert set(np.unique(inputs[:, 0])) == {0.0, 1.0}
    assert not inputs[:, 1].any()


def test_one_image_is_not_enough(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=1)
    with pytest.raises(UserError, match="one image or group only, a0: give at least two"):
        open_folder(tmp_path)


def test_small_images_are_left_out_and_named(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=5)
    for side in ("inputs", "targets"):
        _write(tmp_path, f"{side}/tiny", draw_image(draw_labels(9, (30, 30)), 9))
    groups = tmp_path / "groups.csv"
    rows = [
        "a0,a0,validation",
        *(f"{name},{name},train" for name in ("a1", "a2", "a3", "a4", "tiny")),
    ]
    groups.write_text("name,group,split\n" + "\n".join(rows))
    data = open_folder(tmp_path, patch_px=32, groups=str(groups))
    assert data.train_names == ("a1", "a2", "a3", "a4")
    assert data.notes == (
        "1 training images are smaller than a patch of 32×32 and left out: tiny.",
    )


def test_small_images_can_validate(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=3)
    _write(tmp_path, "inputs/a1", draw_image(draw_labels(9, (30, 30)), 9))
    _write(tmp_path, "targets/a1", draw_image(draw_labels(9, (30, 30)), 8))
    groups = tmp_path / "groups.csv"
    groups.write_text("name,group,split\na0,a0,train\na1,a1,validation\na2,a2,train")
    data = open_folder(tmp_path, patch_px=32, groups=str(groups))
    assert data.list_validation(3)[0].inputs.shape == (1, 30, 30)


def test_a_patch_larger_than_all_images_is_refused(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=3)
    with pytest.raises(UserError, match="All training images are smaller than a patch of 64×64"):
        open_folder(tmp_path, patch_px=64)


def test_unpaired_training_needs_two_groups(tmp_path: Path) -> None:
    write_images(tmp_path / "masks", {f"a{n}": draw_labels(n) for n in range(2)})
    images = {f"a{n}": draw_image(draw_labels(n), n) for n in range(2)}
    write_images(tmp_path / "images", images)
    with pytest.raises(UserError, match="unpaired training needs one group at least"):
        open_folder(tmp_path, "synthesis", paired=False)
