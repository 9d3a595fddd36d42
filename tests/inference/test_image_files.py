"""Files are opened without reading them; a Zarr result exists completely or not at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.data.normalisation import Normalisation
from napari_fidelity.inference.open_source import open_source
from napari_fidelity.inference.predict_options import PredictOptions
from napari_fidelity.inference.predictor import Predictor
from napari_fidelity.inference.settings import ComputeSettings
from napari_fidelity.inference.zarr_target import create_target
from tests.inference.small_networks import Affine, Identity

zarr = pytest.importorskip("zarr")
COMPUTE = ComputeSettings(device="cpu", precision="float32", tile_px=32)
STACK = np.random.default_rng(0).integers(0, 4000, (3, 90, 70)).astype(np.uint16)


def make_predictor(network=None):
    options = PredictOptions(normalisation=Normalisation(kind="none"), restore_dtype=True)
    return Predictor(network or Affine((1, 1)), COMPUTE, options=options)


def save_zarr(path, array=STACK, **settings):
    settings = {"chunks": (1, 32, 40), "shape": array.shape, "dtype": array.dtype} | settings
    saved = zarr.create_array(str(path), **settings)
    saved[:] = array
    return path


def save_ome_zarr(path, version):
    group = zarr.open_group(str(path), mode="w", zarr_format=2 if version == "0.4" else 3)
    for level, step in (("full", 1), ("half", 2)):
        saved = group.create_array(level, shape=STACK[:, ::step, ::step].shape, dtype="u2")
        saved[:] = STACK[:, ::step, ::step]
    scales = {"multiscales": [{"datasets": [{"path": "full"}, {"path": "half"}]}]}
    group.attrs.update(scales if version == "0.4" else {"ome": scales})
    return path


def save_tiff(path, **settings):
    tifffile.imwrite(path, STACK, photometric="minisblack", **settings)
    return path


SAVERS = {
    "zarr 3": lambda folder: save_zarr(folder / "a.zarr"),
    "zarr 2": lambda folder: save_zarr(folder / "a.zarr", zarr_format=2),
    "OME-Zarr 0.4": lambda folder: save_ome_zarr(folder / "a.zarr", "0.4"),
    "OME-Zarr 0.5": lambda folder: save_ome_zarr(folder / "a.zarr", "0.5"),
    "TIFF": lambda folder: save_tiff(folder / "a.tif"),
    "big-endian TIFF": lambda folder: save_tiff(folder / "a.tif", byteorder=">"),
    "BigTIFF": lambda folder: save_tiff(folder / "a.tif", bigtiff=True),
    "compressed TIFF": lambda folder: save_tiff(
        folder / "a.tif", compression="zlib", tile=(32, 32)
    ),
    "OME-TIFF": lambda folder: save_tiff(folder / "a.ome.tif", metadata={"axes": "ZYX"}),
}


@pytest.mark.parametrize("kind", SAVERS)
def test_files_of_all_kinds_give_the_same(tmp_path, kind):
    source = open_source(SAVERS[kind](tmp_path))
    assert tuple(source.shape) == STACK.shape
    assert "TIFF" not in kind or kind == "compressed TIFF" or isinstance(source, np.memmap)
    found = make_predictor().predict(source)
    np.testing.assert_array_equal(found.mean, STACK + 1)
    assert found.mean.dtype == np.uint16
    assert found.notes == ()


def test_npy_is_mapped_and_pictures_are_read(tmp_path):
    np.save(tmp_path / "a.npy", STACK)
    source = open_source(tmp_path / "a.npy")
    assert isinstance(source, np.memmap)
    np.testing.assert_array_equal(make_predictor().predict(source).mean, STACK + 1)
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 255\n\x05\x06")
    np.testing.assert_array_equal(open_source(tmp_path / "a.pgm"), [[5, 6]])


def test_chunks_that_are_not_stored_are_said(tmp_path):
    path = save_zarr(tmp_path / "a.zarr", fill_value=7)
    (path / "c" / "0" / "1" / "1").unlink()
    found = make_predictor().predict(open_source(path))
    assert found.facts["missing_chunks"] == 1
    assert found.notes == ("1 of the image's 18 chunks are not stored: they are read as 7.",)
    changed = found.mean != STACK + 1
    assert (found.mean[changed] == 8).all()
    assert changed.sum() == (found.mean == 8).sum() - (STACK[~changed] == 7).sum() > 900


def cut(path):
    path.write_bytes(path.read_bytes()[:-3000])
    return path


def break_chunks(path):
    for chunk in (path / "c").rglob("*"):
        if chunk.is_file():
            chunk.write_bytes(b"no chunk")
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder / "none.tif", "There is no file"),
        (lambda folder: folder, "is no Zarr image"),
        (lambda folder: cut(save_tiff(folder / "a.tif")), "damaged"),
        (lambda folder: cut(save_tiff(folder / "a.tif", compression="zlib")), "damaged"),
        (
            lambda folder: break_chunks(save_zarr(folder / "a.zarr")),
            "a.zarr cannot be read: its file",
        ),
    ],
    ids=["missing", "folder", "cut TIFF", "cut compressed TIFF", "broken chunks"],
)
def test_files_that_cannot_be_read_are_told(tmp_path, make, sentence):
    with pytest.raises(UserError, match=sentence):
        make_predictor().predict(open_source(make(tmp_path)))


def test_other_files_are_told(tmp_path):
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((9, 9, 3), np.uint8), photometric="rgb")
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00")
    zarr.open_group(str(tmp_path / "empty.zarr"), mode="w")
    for name, sentence in (("rgb.tif", "colour"), ("bad.npy", "damaged"), ("empty.zarr", "Zarr")):
        with pytest.raises(UserError, match=sentence):
            open_source(tmp_path / name)


def test_without_zarr_the_way_to_get_it_is_told(tmp_path, monkeypatch):
    path = save_zarr(tmp_path / "a.zarr")
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(UserError, match=r'pip install "napari-fidelity\[zarr\]"'):
        open_source(path)


def test_a_path_as_target_becomes_a_zarr(tmp_path):
    options = PredictOptions(flips="mirrored", restore_dtype=True)
    found = Predictor(Identity(), COMPUTE, options=options).predict(
        open_source(save_zarr(tmp_path / "a.zarr")),
        tmp_path / "b.zarr",
        uncertainty_target=str(tmp_path / "c.zarr"),
    )
    np.testing.assert_array_equal(found.mean[:], STACK)
    np.testing.assert_allclose(found.uncertainty[:], 0, atol=0.01)
    np.testing.assert_array_equal(open_source(tmp_path / "b.zarr")[:], STACK)
    assert found.mean.dtype == np.uint16
    for result in (found.mean, found.uncertainty):
        assert result.attrs["napari_fidelity"] == found.facts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zarr", "b.zarr", "c.zarr"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_group_of_arrays_is_not_replaced(tmp_path, version):
    path = save_ome_zarr(tmp_path / "a.zarr", version)
    with pytest.raises(UserError, match="a group of arrays, which would be lost"):
        make_predictor().predict(open_source(path), path)
    np.testing.assert_array_equal(open_source(path)[:], STACK)


def test_mean_and_uncertainty_need_a_target_each(tmp_path):
    options = PredictOptions(flips="mirrored")
    predictor = Predictor(Affine((1, 1)), COMPUTE, options=options)
    array = np.zeros(STACK.shape, np.float32)
    for mean, spread in (
        (tmp_path / "b.zarr", str(tmp_path / "b.zarr")),
        (array, array[:]),
    ):
        with pytest.raises(UserError, match="have one target"):
            predictor.predict(STACK, mean, uncertainty_target=spread)
    assert not list(tmp_path.iterdir())


def test_an_image_may_replace_itself(tmp_path):
    path = save_zarr(tmp_path / "a.zarr")
    found = make_predictor().predict(open_source(path), path)
    np.testing.assert_array_equal(found.mean[:], STACK + 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]


@pytest.mark.parametrize("earlier", [True, False])
def test_cancelling_keeps_what_was_there(tmp_path, earlier):
    target = tmp_path / "b.zarr"
    if earlier:
        save_zarr(target, np.ones((2, 5, 5)), chunks=(1, 5, 5))
    seen = []
    progress = Progress(lambda *step: seen.append(step[2]), lambda: seen.count("Predicting") > 8)
    with pytest.raises(Cancelled):
        make_predictor().predict(STACK, target, progress=progress)
    assert [path.name for path in tmp_path.iterdir()] == ["b.zarr"] * earlier
    if earlier:
        np.testing.assert_array_equal(open_source(target)[:], np.ones((2, 5, 5)))


FULL_DISK = """
import resource, sys, numpy as np
from napari_fidelity.core.errors import UserError
from napari_fidelity.inference.zarr_target import create_target
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    with create_target(sys.argv[1], (300, 300), np.uint16, (100, 100)) as target:
        target[:100, :100] = 1
        target[100:200, :100] = np.random.default_rng(0).integers(0, 60000, (100, 100))
        target[200:, 200:] = np.random.default_rng(0).integers(0, 60000, (100, 100))
except UserError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_file_that_the_disk_refuses_half_way_is_told_and_removed(tmp_path):
    save_zarr(tmp_path / "b.zarr")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "b.zarr")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the disk does not take files of this size" in done.stdout, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["b.zarr"]
    np.testing.assert_array_equal(open_source(tmp_path / "b.zarr")[:], STACK)


def test_a_disk_that_fills_up_while_predicting_is_told(tmp_path, monkeypatch):
    written = []
    original = zarr.Array.__setitem__

    def fail_later(array, *arguments):
        written.append(1)
        if len(written) > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(array, *arguments)

    monkeypatch.setattr(zarr.Array, "__setitem__", fail_later)
    with pytest.raises(UserError, match="the disk is full: free some space"):
        make_predictor().predict(STACK, tmp_path / "b.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_under_a_target_that_was_given_is_told():
    class Full(np.ndarray):
        def __setitem__(self, index, pixels):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    target = np.zeros(STACK.shape, np.uint16).view(Full)
    with pytest.raises(UserError, match="Cannot write the result: the disk is full"):
        make_predictor().predict(STACK, target)


def test_a_rename_that_fails_brings_the_earlier_one_back(tmp_path, monkeypatch):
    path = save_zarr(tmp_path / "b.zarr")
    original = type(path).rename

    def fail(self, target):
        if self.suffix == ".part":
            raise OSError(errno.EROFS, "told by the test")
        return original(self, target)

    monkeypatch.setattr(type(path), "rename", fail)
    with pytest.raises(UserError, match="read-only"), create_target(path, (4, 4), "u1"):
        pass
    np.testing.assert_array_equal(open_source(path)[:], STACK)
    assert [path.name for path in tmp_path.iterdir()] == ["b.zarr"]


def test_targets_that_cannot_be_made_are_told(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "folder").mkdir()
    for name, sentence in (
        ("nowhere/b.zarr", "does not exist"),
        ("notes.txt", "is no Zarr"),
        ("folder", "is no Zarr"),
    ):
        with pytest.raises(UserError, match=sentence), create_target(tmp_path / name, (4, 4), "u1"):
            pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_target_that_cannot_be_made_is_told_before_anything_is_read(tmp_path):
    class Unread:
        shape, dtype = (3000, 3000), np.dtype(np.uint16)

        def __getitem__(self, index):
            raise AssertionError("read too early")

    with pytest.raises(UserError, match="does not exist"):
        make_predictor().predict(Unread(), tmp_path / "nowhere" / "b.zarr")


def test_a_zarr_opened_for_reading_is_no_target(tmp_path):
    source = open_source(save_zarr(tmp_path / "a.zarr"))
    with pytest.raises(UserError, match="read-only"):
        make_predictor().predict(STACK, source)
