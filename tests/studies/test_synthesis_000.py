"""Paper 000: fields, masks, random fill, comparisons; all of it once on simulated images."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import read_image, write_image
from napari_fidelity.metrics import background_region
from napari_fidelity.studies.reproduction import ReproduceRequest
from napari_fidelity.studies.synthesis_000.arms import plan_generator
from napari_fidelity.studies.synthesis_000.comparisons import CLAIMS, judge_claims, judge_parity
from napari_fidelity.studies.synthesis_000.fields import (
    BRIGHT,
    DARK,
    GENERATORS,
    SEGMENTATION,
    TEST,
    VALIDATION,
    MitoImage,
    draw_rows,
    find_mask,
    read_mito_images,
)
from napari_fidelity.studies.synthesis_000.random_fill import fit_random_fill
from napari_fidelity.studies.synthesis_000.scales import FULL, RANGE, choose_sizes
from napari_fidelity.studies.synthesis_000.scores import list_controls, score_image
from napari_fidelity.studies.synthesis_000.segmentation import IouRow, average_iou_fields
from napari_fidelity.studies.synthesis_000.simulated import simulate_fields
from napari_fidelity.studies.synthesis_000.training_sets import (
    write_cyclegan_set,
    write_segmentation_set,
)
from napari_fidelity.studies.training_arm import TrainingArm

TABLE = Path("src/napari_fidelity/studies/synthesis_000/fields.csv")


@pytest.fixture(scope="module")
def fields() -> list[MitoImage]:
    return simulate_fields(64)


def test_no_recorded_field_is_on_two_sides(repository: Path) -> None:
    """Crops of 256 px around the named centres: sides of one recording share no pixel."""
    with (repository / TABLE).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] != "unused"]
    boxes: dict[str, list[tuple[str, int, int]]] = {}
    for row in rows:
        recording, place = row["name"].split("_h")
        y, x = map(int, place.split("_w"))
        side = f"{row['role']}/{row['part']}" if row["part"] else row["role"]
        boxes.setdefault(recording, []).append((side, y, x))
    for crops in boxes.values():
        for side, y, x in crops:
            for other, v, u in crops:
                apart = abs(y - v) >= 256 or abs(x - u) >= 256
                ours = {side.split("/")[0], other.split("/")[0]}
                parts = {side, other} == {"generators/masks", "generators/images"}
                assert apart or (len(ours) == 1 and not parts), (side, other, y, x, v, u)
    tests = {row["name"].split("_h")[0] for row in rows if row["role"] == TEST}
    others = {row["name"].split("_h")[0] for row in rows if row["role"] != TEST}
    assert len(tests) == 7
    assert not tests & others


def test_roles_are_drawn_by_field() -> None:
    names = [f"cell{n}_h{128 + 10 * k}_w128" for n in range(12) for k in range(3)]
    rows = draw_rows(names)
    roles = {row.group: row.role for row in rows}
    assert all(roles[row.group] == row.role for row in rows)
    assert set(roles.values()) == {GENERATORS, SEGMENTATION, VALIDATION, TEST}
    assert {row.part for row in rows if row.role == GENERATORS} == {"masks", "images"}
    with pytest.raises(UserError, match="4 fields cannot be divided"):
        draw_rows(["a", "b", "c", "d"])


def test_masks_are_found_above_an_uneven_background(fields: list[MitoImage]) -> None:
    real = fields[-1]
    slope = np.linspace(0, 400, 64, dtype=np.float32)
    found = find_mask(real.image + slope)
    both = np.count_nonzero(found & real.mask) / np.count_nonzero(found | real.mask)
    assert both > 0.6


def test_levels_of_a_group_are_those_of_the_paper(fields: list[MitoImage]) -> None:
    for image in fields:
        assert np.median(image.image[background_region(image.mask)]) == pytest.approx(DARK, abs=0.5)
        assert np.percentile(image.image, 99.8) == pytest.approx(BRIGHT, abs=0.5)


def test_random_fill_has_the_pooled_distributions(fields: list[MitoImage]) -> None:
    model = fit_random_fill(fields)
    mask = np.zeros((200, 200), bool)
    mask[:, :100] = True
    image = model.fill(mask, seed=4)
    pooled = np.concatenate([f.image[f.mask] for f in fields])
    for share in (5, 50, 95):
        assert np.percentile(image[mask], share) == pytest.approx(
            np.percentile(pooled, share), rel=0.03
        )
    assert image[~mask].std() == pytest.approx(model.background_sd, rel=0.03)
    assert np.array_equal(image, model.fill(mask, seed=4))
    # neighbours inside know nothing of each other
    inside = image[:, :100]
    assert abs(np.corrcoef(inside[:, :-1].ravel(), inside[:, 1:].ravel())[0, 1]) < 0.02


def test_a_real_image_scores_perfectly_and_its_controls_worse(fields: list[MitoImage]) -> None:
    image = fields[-1]
    perfect = score_image(image.image, image)
    assert perfect["sfm"] == pytest.approx(1.0)
    assert perfect["nfm"] == pytest.approx(0.0, abs=1e-6)
    assert perfect["bfm"] == pytest.approx(1.0)
    for name, control in list_controls(image, fields):
        scores = score_image(control, image)
        assert scores["sfm"] < 0.999, name


def test_orderings_are_found_where_they_are() -> None:
    rng = np.random.default_rng(0)
    groups = [f"f{n}" for n in range(7)]
    means = {"random": 0.1, "pix2pix": 0.3, "cyclegan": 0.2}
    fields = {
        key: {arm: {g: mean + 0.01 * rng.normal() for g in groups} for arm, mean in means.items()}
        for key in ("sfm", "nfm", "bfm")
    }
    values = {
        key: {arm: list(v.values()) for arm, v in found.items()} for key, found in fields.items()
    }
    said = {
        (f.claim.measure, f.claim.first, f.claim.second): f.reproduced
        for f in judge_claims(CLAIMS, fields, values)
    }
    assert said["sfm", "pix2pix", "random"] == "yes"
    assert said["sfm", "cyclegan", "pix2pix"] == "no"
    assert said["nfm", "pix2pix", "random"] == "no"
    assert said["nfm", "cyclegan", "pix2pix"] == "interval shown"


def test_parity_needs_a_narrow_interval() -> None:
    real = {f"f{n}": 0.8 for n in range(7)}
    near = {f"f{n}": 0.8 + 0.002 * (n - 3) for n in range(7)}
    far = {f"f{n}": 0.8 + 0.05 * (n - 3) for n in range(7)}
    found = judge_parity({"real": real, "pix2pix": near, "cyclegan": far})
    assert found["pix2pix"].p < 0.05 < found["cyclegan"].p


def test_iou_is_averaged_over_seeds_then_images() -> None:
    rows = [IouRow("a", "f", "real", 0, 0.2), IouRow("a", "f", "real", 1, 0.4),
            IouRow("b", "f", "real", 0, 0.8), IouRow("b", "f", "real", 1, 0.8)]  # fmt: skip
    assert average_iou_fields(rows, "real") == pytest.approx({"f": 0.55})


def test_training_sets_hold_what_their_arm_may_see(fields: list[MitoImage], tmp_path: Path) -> None:
    write_cyclegan_set(tmp_path / "gan", fields)
    masks, images = (
        {p.name for p in (tmp_path / "gan" / part).iterdir()} for part in ("masks", "images")
    )
    validation = {f"{f.name}.ome.tif" for f in fields if f.role == VALIDATION}
    assert masks & images == validation
    made = {f.name: np.full(f.image.shape, 7, np.float32) for f in fields}
    write_segmentation_set(tmp_path / "unet", fields, made)
    trained = next(f for f in fields if f.role == SEGMENTATION)
    assert (read_image(tmp_path / "unet" / "images" / f"{trained.name}.ome.tif").array == 7).all()
    real = next(f for f in fields if f.role == VALIDATION)
    found = read_image(tmp_path / "unet" / "images" / f"{real.name}.ome.tif").array
    assert np.array_equal(found, real.image)


def test_full_scale_has_the_published_settings(tmp_path: Path) -> None:
    arms: dict[str, TrainingArm] = {
        key: plan_generator(key, tmp_path, tmp_path, FULL, None, 500)
        for key in ("pix2pix", "cyclegan")
    }
    pix2pix, cyclegan = (arms[key].config for key in ("pix2pix", "cyclegan"))
    assert pix2pix.steps == 80_000
    assert cyclegan.steps == 100_000
    assert pix2pix.run.max_minutes is None
    assert pix2pix.data.target_range == RANGE
    assert pix2pix.data.patch_px == 256


def test_minutes_are_shared_alike() -> None:
    sizes = choose_sizes("small", 5)
    assert (sizes.gan_minutes, sizes.unet_minutes) == (5, 1)
    assert any("5 minutes" in sentence for sentence in sizes.deviations)
    assert choose_sizes("full", 5).gan_minutes is None


def test_folder_with_masks_and_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    for name in ("one", "two"):
        mask = np.zeros((40, 40), np.uint8)
        mask[10:20, 5:30] = 1
        write_image(tmp_path / "masks" / f"{name}.tif", Image(mask))
        pixels = (100 + 400 * mask.astype(int) + rng.integers(0, 9, mask.shape)).astype(np.uint16)
        write_image(tmp_path / "images" / f"{name}.tif", Image(pixels))
    (tmp_path / "fields.csv").write_text("name,group,role\none,a,test\ntwo,b,generators\n")
    found = read_mito_images(tmp_path, match_levels=False)
    assert [(image.group, image.role, int(image.mask.sum())) for image in found] == [
        ("a", TEST, 250), ("b", GENERATORS, 250)]  # fmt: skip
    (tmp_path / "masks" / "two.tif").unlink()
    with pytest.raises(UserError, match="no mask for two"):
        read_mito_images(tmp_path, match_levels=False)


def test_small_scale_needs_data(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--data"):
        ReproduceRequest(tmp_path).require_data()
    assert not math.isnan(choose_sizes("smoke").gan_minutes or math.nan)
