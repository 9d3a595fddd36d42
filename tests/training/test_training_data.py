"""Patches and examples are exactly what the files hold, keyed by seed and step alone."""

from __future__ import annotations

import csv
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.data.mask_channels import encode_mask
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.data.settings import DataSettings
from napari_fidelity.inference.normalisation import measure_scaling
from napari_fidelity.training.training_data import TrainingData, open_data
from tests.training.image_folders import (
    PLAIN,
    draw_image,
    draw_labels,
    open_folder,
    write_images,
    write_masks,
    write_pairs,
)

WARP = {"rotations": "any", "shift_px": 3.0, "scale": (0.8, 1.25)}


def _find_in(patch: np.ndarray, whole: np.ndarray) -> bool:
    """Whether a patch is a part of an image, pixel by pixel."""
    windows = np.lib.stride_tricks.sliding_window_view(whole, patch.shape)
    return bool((windows == patch).all(axis=(-2, -1)).any())


def _scale(path: Path) -> np.ndarray:
    pixels = tifffile.imread(path)
    return measure_scaling(pixels, Normalisation()).scaling.apply(pixels)


def test_plain_patches_are_parts_of_the_scaled_files(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    data = open_folder(tmp_path, **PLAIN)
    inputs, targets = data.draw(6, (0, 1))
    assert inputs.shape == targets.shape == (6, 1, 16, 16)
    assert inputs.dtype == targets.dtype == np.float32
    names = data.name_patches(6, (0, 1))
    for number, (name, twin) in enumerate(names):
        assert name == twin
        assert name in data.train_names
        assert _find_in(inputs[number, 0], _scale(tmp_path / "inputs" / f"{name}.tif"))
        assert _find_in(targets[number, 0], _scale(tmp_path / "targets" / f"{name}.tif"))


def test_the_same_key_draws_the_same_on_any_thread(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    data = open_folder(tmp_path, augmentation=WARP)
    keys = [(0, step) for step in range(12)]
    alone = [data.draw(4, key) for key in keys]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda key: data.draw(4, key), keys[::-1]))[::-1]
    for (a, b), (c, d) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
    assert not np.array_equal(alone[0][0], alone[1][0])
    np.testing.assert_array_equal(data.draw(2, keys[0])[0], alone[0][0][:2])


@pytest.mark.parametrize("augmentation", [{}, WARP])
def test_geometry_treats_both_sides_alike(tmp_path: Path, augmentation: dict[str, object]) -> None:
    write_pairs(tmp_path)
    for path in (tmp_path / "targets").iterdir():
        (tmp_path / "inputs" / path.name).write_bytes(path.read_bytes())
    inputs, targets = open_folder(tmp_path, augmentation=augmentation).draw(12, (1, 2))
    np.testing.assert_array_equal(inputs, targets)


def test_gain_and_offset_are_of_the_inputs_alone(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    plain = open_folder(tmp_path, **PLAIN).draw(4, (0, 0))
    settings = {**PLAIN["augmentation"], "gain": (2.0, 2.0), "offset": (0.5, 0.5)}
    inputs, targets = open_folder(tmp_path, augmentation=settings).draw(4, (0, 0))
    np.testing.assert_allclose(inputs, plain[0] * 2 + 0.5, rtol=1e-6)
    np.testing.assert_array_equal(targets, plain[1])


def test_masks_are_encoded_as_the_whole_mask_is(tmp_path: Path) -> None:
    write_masks(tmp_path)
    data = open_folder(tmp_path, "synthesis", drop_boundaries=0, **PLAIN)
    assert (data.in_channels, data.out_channels) == (2, 1)
    inputs, _ = data.draw(8, (0, 0))
    for patch, (name, _) in zip(inputs, data.name_patches(8, (0, 0)), strict=True):
        whole = encode_mask(tifffile.imread(tmp_path / "masks" / f"{name}.tif"))
        windows = np.lib.stride_tricks.sliding_window_view(whole, (16, 16), axis=(1, 2))
        assert (windows == patch[:, None, None]).all(axis=(0, 3, 4)).any()
    assert inputs[:, 1].any()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_boundaries_are_dropped_by_their_share(tmp_path: Path, share: float) -> None:
    write_masks(tmp_path)
    inputs, _ = open_folder(tmp_path, "synthesis", drop_boundaries=share).draw(8, (0, 0))
    assert bool(inputs[:, 1].any()) == (share == 0)


def test_warped_masks_stay_masks_and_lie_on_their_images(tmp_path: Path) -> None:
    write_masks(tmp_path)
    data = open_folder(tmp_path, "segmentation", augmentation=WARP)
    assert (data.in_channels, data.out_channels) == (1, 1)
    images, masks = data.draw(16, (0, 0))
    assert set(np.unique(masks)) <= {0.0, 1.0}
    agree = (images > 0.5) == (masks > 0.5)
    assert agree.mean() > 0.95


def test_groups_stay_on_one_side(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=8)
    table = tmp_path / "groups.csv"
    rows = [f"a{number},g{number // 2}" for number in range(8)]
    table.write_text("name,group\n" + "\n".join(rows))
    for seed in range(4):
        data = open_folder(tmp_path, groups=str(table), validation_share=0.3, seed=seed)
        sides = [{f.group for f in data.fields[split]} for split in ("train", "validation")]
        assert not sides[0] & sides[1]
        assert len(data.train_names) == 6
        assert len(data.validation_names) == 2


def test_a_test_split_is_not_touched(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    table = tmp_path / "groups.csv"
    sides = ["train", "train", "train", "validation", "test", "test"]
    table.write_text(
        "name,group,split\n" + "\n".join(f"a{n},a{n},{side}" for n, side in enumerate(sides))
    )
    (tmp_path / "inputs" / "a5.tif").write_bytes(b"damaged")
    data = open_folder(tmp_path, groups=str(table))
    assert data.train_names == ("a0", "a1", "a2")
    assert data.validation_names == ("a3",)


def test_examples_are_whole_scaled_images_spread_over_groups(tmp_path: Path) -> None:
    write_masks(tmp_path, count=8)
    data = open_folder(
        tmp_path, "synthesis", groups="(a[01234]|a[567])", validation_share=0.6, seed=1
    )
    groups = [field.group for field in data.fields["validation"]]
    examples = data.list_validation(len(set(groups)))
    assert len({example.group for example in examples}) == len(set(groups))
    first = examples[0]
    labels = tifffile.imread(tmp_path / "masks" / f"{first.name}.tif")
    np.testing.assert_array_equal(first.inputs, encode_mask(labels))
    np.testing.assert_array_equal(first.mask, labels > 0)
    own = tifffile.imread(tmp_path / "images" / f"{first.name}.tif")
    np.testing.assert_allclose(first.target_scaling.undo(first.targets[0]), own, atol=1e-3)
    assert first.paired
    assert len(data.list_validation(100)) == len(data.validation_names)


def test_middles_of_examples_are_parts_of_them(tmp_path: Path) -> None:
    write_masks(tmp_path)
    data = open_folder(tmp_path, "synthesis")
    whole, middle = data.list_validation(1)[0], data.list_validation(1, (32, 100))[0]
    assert middle.inputs.shape == (2, 32, 56)
    np.testing.assert_array_equal(middle.inputs, whole.inputs[:, 20:52])
    np.testing.assert_array_equal(middle.targets, whole.targets[:, 20:52])
    assert middle.mask is not None
    assert whole.mask is not None
    np.testing.assert_array_equal(middle.mask, whole.mask[20:52])


def test_scaling_is_that_of_the_predictor_or_a_fixed_range(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    plain = open_folder(tmp_path).list_validation(1)[0]
    pixels = tifffile.imread(tmp_path / "inputs" / f"{plain.name}.tif")
    assert plain.input_scaling == measure_scaling(pixels, Normalisation()).scaling
    fixed = open_folder(tmp_path, target_range=(0, 1000)).list_validation(1)[0]
    own = tifffile.imread(tmp_path / "targets" / f"{fixed.name}.tif")
    np.testing.assert_allclose(fixed.targets[0], own / 1000, rtol=1e-6)


def test_planes_of_a_stack_are_images_of_one_group(tmp_path: Path) -> None:
    labels = {f"s{n}": np.stack([draw_labels(10 * n + z) for z in range(3)]) for n in range(3)}
    for side, noise in (("inputs", 20.0), ("targets", 2.0)):
        stacks = {name: draw_image(found, 0, noise) for name, found in labels.items()}
        write_images(tmp_path / side, stacks, metadata={"axes": "ZYX"}, imagej=True)
    data = open_folder(tmp_path)
    assert len(data.train_names) == 6
    assert len({name.partition("_z")[0] for name in data.validation_names}) == 1
    assert sorted(name[-3:] for name in data.validation_names) == ["_z0", "_z1", "_z2"]


def test_volumes_are_cut_in_three_dimensions(tmp_path: Path) -> None:
    labels = {f"s{n}": draw_labels(n, (10, 40, 40)) for n in range(3)}
    for side, noise in (("inputs", 20.0), ("targets", 2.0)):
        stacks = {name: draw_image(found, 0, noise) for name, found in labels.items()}
        write_images(tmp_path / side, stacks, metadata={"axes": "ZYX"}, imagej=True)
    data = open_folder(tmp_path, volumes=True, patch_px=(4, 16, 16), augmentation=WARP)
    inputs, targets = data.draw(3, (0, 0))
    assert data.spatial_dims == 3
    assert inputs.shape == targets.shape == (3, 1, 4, 16, 16)
    assert data.list_validation(1)[0].inputs.shape == (1, 10, 40, 40)


def test_flat_images_cannot_train_in_three_dimensions(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    with pytest.raises(UserError, match=r"axes YX and shape 72×56: .* 3-D needs stacks"):
        open_folder(tmp_path, volumes=True)


def test_channels_are_channels(tmp_path: Path) -> None:
    for side, channels in (("inputs", 2), ("targets", 1)):
        images = {
            f"a{n}": np.stack([draw_image(draw_labels(n), c) for c in range(channels)])[:, None]
            for n in range(3)
        }
        write_images(tmp_path / side, images, metadata={"axes": "CZYX"}, ome=True)
    data = open_folder(tmp_path)
    assert (data.in_channels, data.out_channels) == (2, 1)
    assert [side.shape for side in data.draw(2, (0, 0))] == [(2, 2, 16, 16), (2, 1, 16, 16)]


def test_formats_may_be_mixed(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    import zarr
    from PIL import Image

    for number in range(4):
        pixels = draw_image(draw_labels(number), number).astype(np.uint8)
        for side in ("inputs", "targets"):
            (tmp_path / side).mkdir(exist_ok=True)
        np.save(tmp_path / "inputs" / f"a{number}.npy", pixels)
        if number % 2:
            Image.fromarray(pixels).save(tmp_path / "targets" / f"a{number}.png")
        else:
            group = zarr.open_group(str(tmp_path / "targets" / f"a{number}.ome.zarr"), mode="w")
            group.create_array("0", data=pixels[None, None])
            axes = [{"name": n, "type": "space", "unit": "micrometer"} for n in "czyx"]
            scale = {"type": "scale", "scale": [1.0, 1.0, 0.25, 0.25]}
            group.attrs["multiscales"] = [
                {"axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
            ]
    data = open_folder(tmp_path, **PLAIN)
    assert len(data.train_names) == 3
    examples = {example.name: example for example in data.list_validation(9)}
    for name, example in examples.items():
        np.testing.assert_array_equal(example.inputs, example.targets)
        size = (0.25, 0.25) if int(name[1]) % 2 == 0 else (1.0, 1.0)
        assert example.pixel_size == size


def _open_unpaired(folder: Path) -> TrainingData:
    return open_folder(folder, "synthesis", paired=False, validation_share=0.25)


def test_unpaired_sides_come_from_disjoint_fields(tmp_path: Path) -> None:
    write_masks(tmp_path, count=8)
    data = _open_unpaired(tmp_path)
    names = [pair for step in range(8) for pair in data.name_patches(8, (0, step))]
    inputs, targets = ({pair[side] for pair in names} for side in (0, 1))
    assert not inputs & targets
    assert inputs | targets == set(data.train_names)
    assert all(example.paired for example in data.list_validation(9))


def test_unpaired_sets_need_no_twins_at_all(tmp_path: Path) -> None:
    write_masks(tmp_path, count=8)
    for path in sorted((tmp_path / "masks").iterdir()):
        path.rename(path.with_name(f"mask-{path.name}"))
    data = _open_unpaired(tmp_path)
    inputs, targets = data.draw(4, (0, 0))
    assert inputs.shape == (4, 2, 16, 16)
    assert targets.shape == (4, 1, 16, 16)
    examples = data.list_validation(9)
    assert not any(example.paired for example in examples)
    assert examples[0].inputs.shape[1:] == examples[0].targets.shape[1:]


def test_the_table_of_the_data_names_files_and_hashes(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    data = open_folder(tmp_path, pixel_size_um=0.25)
    data.write_manifest(tmp_path / "data.csv")
    with (tmp_path / "data.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [*data.train_names, *data.validation_names]
    row = rows[0]
    digest = hashlib.sha256((tmp_path / "inputs" / f"{row['name']}.tif").read_bytes()).hexdigest()
    assert row["input_sha256"] == digest
    assert (row["input_shape"], row["input_dtype"]) == ("72×56", "uint16")
    assert (row["pixel_size"], row["unit"]) == ("0.25×0.25", "micrometer")
    assert float(row["target_span"]) == data.fields["train"][0].main.image.scaling.span


def test_progress_is_told_for_every_file(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    told: list[tuple[int, int]] = []
    settings = DataSettings(folder=str(tmp_path))
    open_data(
        settings,
        tasks=("restoration",),
        paired=True,
        patch_px=16,
        seed=0,
        progress=Progress(lambda done, total, _: told.append((done, total))),
    )
    assert told == [(number, 6) for number in range(7)]


@pytest.mark.data
def test_real_nuclei_are_read_with_their_groups(data_folder: Path, tmp_path: Path) -> None:
    source = data_folder / "nuclei" / "dsb2018"
    names = sorted(path.name for path in (source / "images").iterdir())[:12]
    for side, folder in (("images", "images"), ("masks", "labels")):
        (tmp_path / side).mkdir()
        for name in names:
            (tmp_path / side / name).symlink_to(source / folder / name)
    data = open_folder(tmp_path, "synthesis", patch_px=64, groups=str(source / "groups.csv"))
    inputs, targets = data.draw(4, (0, 0))
    assert inputs.shape == (4, 2, 64, 64)
    inside = targets[:, 0][inputs[:, 0] > 0].mean()
    assert inside > 2 * max(targets[:, 0][inputs[:, 0] == 0].mean(), 0.05)
