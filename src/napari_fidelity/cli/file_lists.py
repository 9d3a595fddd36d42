"""The image files that words of a command line mean."""

from __future__ import annotations

from collections.abc import Iterable
from glob import glob
from pathlib import Path

from napari_fidelity.core.errors import UserError

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".npy", ".jpg", ".jpeg", ".bmp", ".zarr")


def list_files(words: Iterable[str]) -> list[Path]:
    """Files named by patterns such as ``IN/*.tif`` (``**`` reaches sub-folders), sorted.

    A folder stands for the images in it. A pattern in quotes is not expanded by the shell,
    which cannot take thousands of names.

    Raises
    ------
    UserError
        A word names nothing.
    """
    found: set[Path] = set()
    for word in words:
        path = Path(word)
        if path.is_dir() and not is_image_name(path):
            matches = [entry for entry in path.iterdir() if is_image_name(entry)]
        elif path.exists():
            matches = [path]
        else:
            matches = [Path(name) for name in glob(word, recursive=True)]
        if not matches:
            raise UserError(f"There is no image at {word}: give files, a folder or a pattern.")
        found.update(matches)
    return sorted(found)


def is_image_name(path: Path) -> bool:
    """Whether the name is one of an image that can be read; hidden files are none.

    Examples
    --------
    >>> is_image_name(Path("a.ome.TIF")), is_image_name(Path("notes.txt"))
    (True, False)
    """
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
