"""A check tells counts, time, memory and disk of a run, and shows what it will see."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image as Pillow

from napari_fidelity.core.amount_text import spell_bytes, spell_time
from napari_fidelity.core.errors import UserError
from napari_fidelity.training.config import TrainConfig
from napari_fidelity.training.contact_sheet import draw_contact_sheet
from napari_fidelity.training.disk_room import check_disk, count_disk_bytes, count_steps
from napari_fidelity.training.preflight import check_training
from tests.training.image_folders import (
    draw_image,
    draw_labels,
    open_folder,
    write_images,
    write_masks,
    write_pairs,
)

pytest.importorskip("lightning_fabric")


def _configure(folder: Path, **run: object) -> TrainConfig:
    return TrainConfig.parse(
        {
            "method": {"kind": "care", "depth": 1, "first_filters": 4},
            "data": {"folder": str(folder), "patch_px": 16},
            "run": {"batch": 4, "max_steps": 50, "threads": 1, "device": "cpu", **run},
        }
    )


def test_a_check_tells_what_a_run_takes(tmp_path: Path) -> None:
    write_pairs(tmp_path / "data")
    found = check_training(_configure(tmp_path / "data"), tmp_path / "run")
    assert found.counts == {"train": 5, "validation": 1}
    assert found.shapes == {"72×56": 6}
    assert found.ranges["targets"]["dtype"] == "uint16"
    assert found.expected_seconds == pytest.approx(50 * found.seconds_per_step)
    assert 0 < found.seconds_per_step < 5
    assert found.memory_bytes > 16 * found.parameters > 0
    text = (tmp_path / "run" / "preflight.txt").read_text(encoding="utf-8")
    assert text == found.to_text() + "\n"
    assert "5 to train on (5 independent), 1 for validation (1 independent)" in text
    with Pillow.open(tmp_path / "run" / "contact_sheet.png") as sheet:
        assert sheet.size[0] > 1000


def test_a_time_limit_bounds_what_is_expected(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    config = _configure(tmp_path, max_steps=10**6, max_minutes=0.5)
    assert check_training(config).expected_seconds == 30


def test_a_full_disk_is_told_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 10**6))
    with pytest.raises(UserError, match=r"needs about 5 MB .* 1 MB are free"):
        check_disk(5 * 10**6, tmp_path / "not" / "yet")


def test_kept_checkpoints_count_on_the_disk(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    data = open_folder(tmp_path)
    plain = count_disk_bytes(_configure(tmp_path), data, 10**6, 50)
    kept = count_disk_bytes(_configure(tmp_path, keep_every=10), data, 10**6, 50)
    assert kept - plain == 5 * 12 * 10**6
    assert plain > 36 * 10**6


def test_previews_of_large_images_and_of_many_steps_are_few_and_small(tmp_path: Path) -> None:
    write_pairs(tmp_path, 3)
    wide = {f"a{n}": draw_image(draw_labels(n, (64, 4000)), n) for n in range(3)}
    for side in ("inputs", "targets"):
        write_images(tmp_path / side, wide)
    data = open_folder(tmp_path)
    config = _configure(tmp_path, max_steps=10**7, validate_every=1)
    found = count_disk_bytes(config, data, 0, 10**7)
    assert found - (20 << 20) == 63 * 4 * 64 * 512  # one image, its middle, 60 times and 3


def test_a_run_that_time_ends_needs_no_room_for_all_its_steps(tmp_path: Path) -> None:
    assert count_steps(_configure(tmp_path, max_steps=10**7), 0.5) == 10**7
    short = _configure(tmp_path, max_steps=10**7, max_minutes=5)
    assert count_steps(short, 0.5) == 1200  # twice what the trial says
    assert count_steps(_configure(tmp_path, max_steps=50, max_minutes=5), 1e-3) == 50


def test_bad_images_are_told_by_the_check(tmp_path: Path) -> None:
    write_pairs(tmp_path, count=1)
    with pytest.raises(UserError, match="give at least two"):
        check_training(_configure(tmp_path))


def test_masks_are_shown_in_colours(tmp_path: Path) -> None:
    write_masks(tmp_path)
    draw_contact_sheet(open_folder(tmp_path, "synthesis"), tmp_path / "sheet.png")
    with Pillow.open(tmp_path / "sheet.png") as sheet:
        colours = {colour for _, colour in sheet.getcolors(1 << 16) or []}
    assert {(92, 164, 214), (246, 178, 84)} <= colours


def test_volumes_are_shown_by_their_middle_planes(tmp_path: Path) -> None:
    labels = {f"s{n}": draw_labels(n, (6, 40, 40)) for n in range(3)}
    for side in ("inputs", "targets"):
        stacks = {name: draw_image(found, 0) for name, found in labels.items()}
        write_images(tmp_path / side, stacks, metadata={"axes": "ZYX"}, imagej=True)
    data = open_folder(tmp_path, volumes=True, patch_px=(4, 16, 16))
    draw_contact_sheet(data, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_words_for_sizes_and_times() -> None:
    assert spell_bytes(10) == "1 MB"
    assert spell_time(0.2) == "1 s"
