"""Files of a training are found, matched by name, or refused in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_names import list_files, spell_names, strip_suffixes
from napari_fidelity.data.settings import DataSettings, Task
from napari_fidelity.data.training_files import TrainingFiles, find_training_files


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def _find(
    folder: Path, tasks: Sequence[Task] = ("restoration",), *, paired: bool = True, **settings: Any
) -> TrainingFiles:
    chosen = DataSettings.parse({"folder": str(folder), **settings})
    return find_training_files(chosen, tasks=tasks, paired=paired)


def test_pairs_are_matched_by_their_names_without_suffixes(tmp_path: Path) -> None:
    _touch(tmp_path, "inputs/b.ome.tif", "inputs/a.tif", "targets/a.png", "targets/b.npy")
    _touch(tmp_path, "inputs/notes.txt", "inputs/.hidden.tif")
    found = _find(tmp_path)
    assert found.task == "restoration"
    assert [
        (f.name, f.input and f.input.name, f.target and f.target.name) for f in found.files
    ] == [
        ("a", "a.tif", "a.png"),
        ("b", "b.ome.tif", "b.npy"),
    ]


@pytest.mark.parametrize("name", ["masks", "labels"])
def test_masks_are_inputs_of_a_synthesis_and_targets_of_a_segmentation(
    tmp_path: Path, name: str
) -> None:
    _touch(tmp_path, f"{name}/a.png", "images/a.tif")
    made = _find(tmp_path, ("synthesis", "restoration"))
    assert made.task == "synthesis"
    assert made.files[0].input == tmp_path / name / "a.png"
    cut = _find(tmp_path, ("segmentation",))
    assert cut.task == "segmentation"
    assert cut.files[0].target == tmp_path / name / "a.png"
    assert _find(tmp_path, ("synthesis", "segmentation"), task="segmentation").files == cut.files


def test_lists_and_patterns_name_files(tmp_path: Path) -> None:
    _touch(tmp_path, "raw/a.tif", "raw/b.tif", "clean/a.tif", "clean/b.tif", "clean/c.tif")
    settings = DataSettings(
        inputs=(str(tmp_path / "raw"),),
        targets=(str(tmp_path / "clean" / "[ab].tif"),),
    )
    found = find_training_files(settings, tasks=("restoration",), paired=True)
    assert [entry.name for entry in found.files] == ["a", "b"]
    assert list_files([str(tmp_path / "raw" / "a.tif")]) == [tmp_path / "raw" / "a.tif"]


def test_targets_alone_need_a_degradation(tmp_path: Path) -> None:
    _touch(tmp_path, "targets/a.tif")
    with pytest.raises(UserError, match="no inputs/: add them, or name a degradation"):
        _find(tmp_path)
    found = _find(tmp_path, degradation={"steps": [{"kind": "poisson"}]})
    assert found.files[0].input is None
    with pytest.raises(UserError, match="for restoration, not for synthesis"):
        _find(tmp_path, ("synthesis",), task="synthesis", degradation="mild")


def test_names_without_a_twin_are_listed(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"inputs/{name}.tif" for name in "abcdef"), "targets/a.tif", "targets/x.tif")
    with pytest.raises(UserError, match=r"5 of .*inputs \(b, c, d, e and 1 more\)") as caught:
        _find(tmp_path)
    assert "(x) have no twin" in str(caught.value)


def test_unpaired_sides_need_no_twins(tmp_path: Path) -> None:
    _touch(tmp_path, "masks/a.png", "masks/b.png", "images/b.tif", "images/c.tif")
    found = _find(tmp_path, ("synthesis",), paired=False)
    sides = [(f.name, f.input is not None, f.target is not None) for f in found.files]
    assert sides == [("a", True, False), ("b", True, True), ("c", False, True)]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    _touch(tmp_path, "inputs/a.tif", "inputs/a.png", "targets/a.tif")
    with pytest.raises(UserError, match="are both called a"):
        _find(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "neither inputs/ and targets/ nor masks/ and images/"),
        (["inputs/notes.txt", "targets/a.tif"], "inputs holds no image"),
    ],
)
def test_folders_without_images_are_refused(tmp_path: Path, names: list[str], message: str) -> None:
    _touch(tmp_path, *names)
    with pytest.raises(UserError, match=message):
        _find(tmp_path)


def test_a_method_says_which_folders_it_needs(tmp_path: Path) -> None:
    _touch(tmp_path, "masks/a.png", "images/a.tif")
    with pytest.raises(UserError, match="give a folder with inputs/ and targets/"):
        _find(tmp_path, ("restoration",))
    with pytest.raises(UserError, match="for synthesis, not for restoration"):
        _find(tmp_path, ("synthesis",), task="restoration")
    with pytest.raises(UserError, match="do not fit restoration"):
        _find(tmp_path, ("synthesis", "restoration"), task="restoration")


def test_settings_name_the_images_once(tmp_path: Path) -> None:
    for settings, message in [
        ({}, "No images are named"),
        ({"folder": str(tmp_path), "targets": ("a.tif",)}, "named twice"),
        ({"inputs": ("a.tif",)}, "Targets are missing"),
        ({"targets": ("a.tif",)}, "Inputs are missing"),
        ({"folder": str(tmp_path / "none")}, "There is no folder"),
    ]:
        with pytest.raises(UserError, match=message):
            find_training_files(DataSettings.parse(settings), tasks=("restoration",), paired=True)


def test_names_lose_the_suffixes_of_images_alone() -> None:
    names = ["a.ome.tif", "a.OME.TIFF", "a.v2.png", "a.ome.zarr", "a.b"]
    assert [strip_suffixes(Path(name)) for name in names] == ["a", "a", "a.v2", "a", "a.b"]
    assert spell_names(["a", "b"]) == "a, b"
