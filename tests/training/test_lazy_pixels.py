"""Images that do not fit in memory stay in their files and give the same patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_fidelity.training import lazy_pixels, read_frame
from napari_fidelity.training.lazy_pixels import LazyPixels, MemoryBudget, OpenFiles
from tests.training.image_folders import draw_image, draw_labels, open_folder, write_pairs


@pytest.fixture
def no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy_pixels, "SURE_BYTES", 0)
    monkeypatch.setattr(lazy_pixels, "_measure_free_share", lambda: 0)


def test_patches_are_the_same_from_disk(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    write_pairs(tmp_path)
    in_memory = open_folder(tmp_path)
    assert in_memory.pixel_bytes == 12 * 72 * 56 * 2
    request.getfixturevalue("no_memory")
    on_disk = open_folder(tmp_path)
    assert on_disk.pixel_bytes == 0
    for one, two in zip(in_memory.draw(8, (0, 0)), on_disk.draw(8, (0, 0)), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.usefixtures("no_memory")
def test_degraded_patches_come_from_disk_too(tmp_path: Path) -> None:
    write_pairs(tmp_path)
    (tmp_path / "inputs").rename(tmp_path / "other")
    data = open_folder(tmp_path, degradation={"steps": [{"kind": "poisson", "photons": 20}]})
    inputs, targets = data.draw(4, (0, 0))
    assert inputs.shape == targets.shape == (4, 1, 16, 16)


@pytest.mark.parametrize("how", [{}, {"compression": "zlib", "tile": (16, 16)}])
def test_axes_of_one_pixel_may_be_left_out(tmp_path: Path, how: dict[str, Any]) -> None:
    if how:
        pytest.importorskip("zarr")
    pixels = draw_image(draw_labels(0), 0)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels, **how)
    lazy = LazyPixels(path, (1, 1, *pixels.shape), pixels.dtype, OpenFiles())
    np.testing.assert_array_equal(lazy[0, :, 3:9, 5:7], pixels[None, 3:9, 5:7])
    np.testing.assert_array_equal(lazy[:, 0, 3:9], pixels[None, 3:9])


def test_large_files_are_never_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_frame, "LARGE_FILE_BYTES", 1000)
    pixels = np.stack([draw_image(draw_labels(n), n) for n in range(3)])
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "TYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}
    tifffile.imwrite(path, pixels, ome=True, metadata=metadata)
    monkeypatch.setattr(read_frame, "read_image", None)
    frame = read_frame.read_frame(path, MemoryBudget(), OpenFiles())
    assert isinstance(frame.array, LazyPixels)
    assert (frame.axes, frame.scale[1:]) == ("TYX", (0.25, 0.25))
    np.testing.assert_array_equal(frame.array[1, 2:5, 3:4], pixels[1, 2:5, 3:4])


def test_few_files_are_open_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy_pixels, "OPEN_FILES", 2)
    files = OpenFiles()
    for number in range(4):
        np.save(tmp_path / f"{number}.npy", np.zeros((4, 4)))
        files.find(tmp_path / f"{number}.npy")
    assert [path.stem for path in files._sources] == ["2", "3"]


@pytest.mark.parametrize("names", [list("tyx"), [{"name": n} for n in "tyx"], None])
def test_zarr_axes_are_those_that_are_stated(tmp_path: Path, names: Any) -> None:
    zarr = pytest.importorskip("zarr")
    group = zarr.open_group(str(tmp_path / "a.zarr"), mode="w")
    group.create_array("0", data=np.zeros((2, 8, 8), np.uint8))
    if names is not None:
        group.attrs["multiscales"] = [{"axes": names, "datasets": [{"path": "0"}]}]
    frame = read_frame.read_frame(tmp_path / "a.zarr", MemoryBudget(), OpenFiles())
    assert frame.axes == ("ZYX" if names is None else "TYX")
    assert isinstance(frame.array, np.ndarray)
