"""A file is there completely or not at all."""

import errno

import numpy as np
import pytest
import tifffile

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import write_image
from napari_fidelity.imageio.atomic_write import write_atomically


def fail_with(code):
    def fail(*_args, **_settings):
        raise OSError(code, "told by the test")

    return fail


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (errno.ENOSPC, "the disk is full: free some space"),
        (errno.EACCES, "you may not write there"),
        (errno.EIO, "the system says told by the test"),
    ],
)
def test_a_failure_while_writing_leaves_the_old_file_alone(tmp_path, monkeypatch, code, sentence):
    path = write_image(tmp_path / "a.ome.tif", Image(np.eye(3)))
    before = path.read_bytes()

    def write_half(target, *_args, **_settings):
        target.write_bytes(b"II*\0half")
        fail_with(code)()

    monkeypatch.setattr(tifffile, "imwrite", write_half)
    with pytest.raises(UserError, match=sentence) as caught:
        write_image(path, Image(np.zeros((3, 3))))
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.ome.tif"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_a_stop_while_writing_leaves_nothing(tmp_path, stop):
    def write_half():
        with write_atomically(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise stop

    with pytest.raises(stop):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_failing_rename_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", fail_with(errno.EROFS))
    with (
        pytest.raises(UserError, match="read-only"),
        write_atomically(tmp_path / "a.txt") as temporary,
    ):
        temporary.write_text("whole")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_and_a_folder_as_name_are_told(tmp_path):
    with pytest.raises(UserError, match=r"the folder .*nowhere does not exist"):
        write_image(tmp_path / "nowhere" / "a.tif", Image(np.eye(3)))
    (tmp_path / "b.tif").mkdir()
    with pytest.raises(UserError, match="this is a folder"):
        write_image(tmp_path / "b.tif", Image(np.eye(3)))


def test_a_link_keeps_pointing_where_it_pointed(tmp_path):
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.txt"
    link.symlink_to(tmp_path / "real" / "file.txt")
    with write_atomically(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert (tmp_path / "real" / "file.txt").read_text() == "new"
    assert not list(tmp_path.glob(".*"))


def test_the_file_gets_the_usual_permissions(tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    path = write_image(tmp_path / "a.tif", Image(np.eye(3)))
    assert path.stat().st_mode == usual.stat().st_mode
