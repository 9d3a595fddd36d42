"""Names of image files: which suffixes are images, and what two sides of a pair have in common."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from glob import glob
from pathlib import Path

from napari_fidelity.core.errors import UserError

IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".npy", ".jpg", ".jpeg", ".bmp", ".zarr")
_INNER_SUFFIX = ".ome"
_SHOWN = 4


def is_image_name(path: Path) -> bool:
    """Whether the name is one of an image that can be read; hidden files are none.

    Examples
    --------
    >>> is_image_name(Path("a.ome.TIF")), is_image_name(Path("notes.txt"))
    (True, False)
    """
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")


def strip_suffixes(path: Path) -> str:
    """The name without the suffixes of an image.

    Examples
    --------
    >>> strip_suffixes(Path("a.1.ome.tif")), strip_suffixes(Path("b.PNG"))
    ('a.1', 'b')
    """
    stem = path.name[: -len(path.suffix)] if is_image_name(path) else path.name
    return stem[: -len(_INNER_SUFFIX)] if stem.lower().endswith(_INNER_SUFFIX) else stem


def list_folder(folder: Path) -> list[Path]:
    """The images of a folder, not those of its sub-folders, by name.

    Raises
    ------
    UserError
        There is none.
    """
    found = sorted(entry for entry in folder.iterdir() if is_image_name(entry))
    if not found:
        kinds = ", ".join(IMAGE_SUFFIXES)
        raise UserError(f"{folder} holds no image: files ending in one of {kinds} are needed.")
    return found


def list_files(words: Iterable[str]) -> list[Path]:
    """Files, folders and patterns such as ``IN/*.tif`` (``**`` reaches sub-folders), sorted.

    A folder stands for the images in it. What a word names itself is taken whatever its suffix.

    Raises
    ------
    UserError
        A word stands for nothing.
    """
    found: set[Path] = set()
    for word in words:
        path = Path(word)
        if path.is_dir() and not is_image_name(path):
            found.update(list_folder(path))
            continue
        matches = [path] if path.exists() else [Path(name) for name in glob(word, recursive=True)]
        if not matches:
            raise UserError(f"There is no image at {word}: give files, a folder or a pattern.")
        found.update(matches)
    return sorted(found)


def index_by_name(paths: Sequence[Path]) -> dict[str, Path]:
    """Files by their names without suffixes.

    Raises
    ------
    UserError
        Two files have the same name: nobody can say which of them belongs to its twin.
    """
    found: dict[str, Path] = {}
    for path in paths:
        name = strip_suffixes(path)
        if name in found:
            raise UserError(
                f"{found[name]} and {path} are both called {name}: one image of each name is "
                "needed, move one of them away."
            )
        found[name] = path
    return found


def spell_names(names: Sequence[str]) -> str:
    """The first few of many names.

    Examples
    --------
    >>> spell_names(["a", "b", "c", "d", "e"])
    'a, b, c, d and 1 more'
    """
    shown = ", ".join(names[:_SHOWN])
    rest = len(names) - _SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
