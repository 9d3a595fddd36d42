"""Words of a command line or a file of settings that mean image files."""

from pathlib import Path

import pytest

from napari_fidelity.core.errors import UserError
from napari_fidelity.data.image_names import list_files


@pytest.fixture
def folder(tmp_path):
    for name in ("b.tif", "a.PNG", "notes.txt", ".hidden.tif", "deep/c.ome.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "d.zarr").mkdir()
    return tmp_path


def names(folder, *words):
    return [path.relative_to(folder).as_posix() for path in list_files(words)]


def test_folders_patterns_and_files_are_listed_once_each(folder):
    assert names(folder, str(folder)) == ["a.PNG", "b.tif", "d.zarr"]
    assert names(folder, f"{folder}/**/*.tif", f"{folder}/b.tif") == ["b.tif", "deep/c.ome.tif"]


def test_a_word_that_names_nothing_is_told(folder):
    with pytest.raises(UserError, match="There is no image at none"):
        list_files([str(folder), "none"])
    with pytest.raises(UserError, match="There is no image at"):
        list_files([str(Path(folder, "*.npy"))])
