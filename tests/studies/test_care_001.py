"""Paper 001: split, degradation, coverage and tuned Gaussian."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Progress
from napari_fidelity.studies.care_001.measures import (
    choose_profile_row,
    score_image,
    tune_gaussian,
)
from napari_fidelity.studies.care_001.originals import (
    SETS,
    TEST,
    TRAIN,
    VALIDATION,
    TestPair,
    degrade_original,
    read_originals,
    read_pairs,
    simulate_originals,
    split_names,
    write_real_pairs,
    write_semi_synthetic,
)
from napari_fidelity.studies.care_001.run import plan_arm
from napari_fidelity.studies.care_001.scales import FULL, choose_sizes


def test_split_is_eighty_to_twenty_beside_a_test_set() -> None:
    splits = list(split_names([f"{n:03d}" for n in range(80)]).values())
    assert [splits.count(s) for s in (TRAIN, VALIDATION, TEST)] == [54, 14, 12]


def test_degraded_copies_of_an_original_share_its_target_and_side(tmp_path: Path) -> None:
    originals = simulate_originals(48)
    folder = write_semi_synthetic(tmp_path, originals, Progress())
    pairs = read_pairs(folder, TEST, None)
    assert [pair.condition for pair in pairs] == list(SETS)
    assert len({pair.original for pair in pairs}) == 1
    targets = [pair.target for pair in pairs]
    assert all(np.array_equal(targets[0], other) for other in targets[1:])
    errors = [score_image(pair.input, pair)["psnr"] for pair in pairs]
    assert errors[0] > errors[1] > errors[2]


def test_the_same_original_is_degraded_alike() -> None:
    original = simulate_originals(48)[0]
    first, second = (degrade_original(original, "medium")[1] for _ in range(2))
    assert np.array_equal(first.array, second.array)


def test_a_gaussian_is_tuned_to_the_noise() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64]
    target = (np.sin(y / 6) * np.cos(x / 5)).astype(np.float32)
    quiet, loud = (
        TestPair(name, name, name, VALIDATION, noisy.astype(np.float32), target)
        for name, noisy in (
            ("quiet", target + 0.02 * rng.normal(size=target.shape)),
            ("loud", target + 1.0 * rng.normal(size=target.shape)),
        )
    )
    found = tune_gaussian([quiet, loud])
    assert found["quiet"] < found["loud"]


def test_scores_do_not_depend_on_gain_and_offset() -> None:
    target = np.random.default_rng(1).random((48, 48)).astype(np.float32)
    pair = TestPair("a", "a", "mild", TEST, 3 * target + 2, target)
    scores = score_image(pair.input, pair)
    assert scores["psnr"] > 60
    assert scores["profile_pcc"] == pytest.approx(1, abs=1e-5)
    assert scores["mae_scaled"] == pytest.approx(0, abs=1e-5)
    assert 0 <= choose_profile_row(target) < 48


def test_real_pairs_and_full_settings(tmp_path: Path) -> None:
    originals = simulate_originals(48)
    folder = write_real_pairs(tmp_path / "real", originals)
    assert {p.condition for p in read_pairs(folder, TRAIN, 32)} == {"real"}
    assert read_pairs(folder, TEST, 32)[0].input.shape == (32, 32)
    arm = plan_arm("semi-synthetic", folder, tmp_path, FULL, None)
    assert arm.config.steps == 500_000
    assert arm.config.data.patch_px == 32
    assert choose_sizes("small", 3).minutes == 3


def test_too_few_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="0 images: at least 5"):
        read_originals(tmp_path)
