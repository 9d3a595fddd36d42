"""Where model packages lie and what is in them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from napari_fidelity.core.errors import UserError
from napari_fidelity.models.manifest import FORMAT_VERSION, Manifest, migrate_manifest

SHIPPED = Path(__file__).parent / "weights"
MANIFEST_FILE, CARD_FILE, THUMBNAIL_FILE = "manifest.json", "README.md", "thumbnail.png"
RUN_PACKAGE = "model"  # the package in the folder of a training run
FOLDERS_VARIABLE = "FIDELITY_MODELS"
_also_in: tuple[Path, ...] = ()


def use_model_folders(folders: Iterable[str | Path]) -> None:
    """Look for model packages in `folders` too, from now on and in this process.

    They come after the shipped models and before the folders that the environment variable
    FIDELITY_MODELS names (separated as in PATH). A second call replaces the first.
    """
    global _also_in  # noqa: PLW0603  # where this process looks is one fact
    _also_in = tuple(Path(folder).expanduser() for folder in folders)


def model_folders() -> list[Path]:
    """The folders that hold model packages or are one; the first with a key counts."""
    named = os.environ.get(FOLDERS_VARIABLE, "").split(os.pathsep)
    stated = [Path(name).expanduser() for name in named if name.strip()]
    return [SHIPPED, *dict.fromkeys((*_also_in, *stated))]


def list_models(task: str | None = None) -> list[Manifest]:
    """The manifests of all models, or of those for one task such as `"synthesis"`.

    The shipped ones come first, those of each further folder after them, in the order of their
    keys. What cannot be read in a further folder is left out: `model_problems` says why.
    """
    manifests = [manifest for _folder, manifest in _packages()[0]]
    return [manifest for manifest in manifests if task in (None, manifest.task)]


def list_packages(task: str | None = None) -> list[tuple[str, Manifest]]:
    """What to call each model, and its manifest; also those of one key in several folders.

    Returns
    -------
    list of (str, Manifest)
        The key where it finds the model, else its folder.
    """
    firsts = {folder for folder, _manifest in _packages()[0]}
    return [
        (manifest.key if folder in firsts else str(folder), manifest)
        for folder, manifest in _packages(every=True)[0]
        if task in (None, manifest.task)
    ]


def name_model(folder: str | Path) -> str:
    """What to call the model in a folder: its key where that finds it, else the folder."""
    place = find_model(folder)
    key = read_manifest(place).key
    known = {manifest.key: found for found, manifest in _packages()[0]}
    is_found = key in known and known[key].resolve() == place.resolve()
    return key if is_found else str(place)


def model_problems() -> list[str]:
    """A sentence for each folder or package that should hold models and does not."""
    return _packages()[1]


def find_model(key_or_folder: str | Path) -> Path:
    """The folder of a model known by its key, or of one that lies elsewhere.

    Parameters
    ----------
    key_or_folder : str or Path
        A key, the folder of a package, or that of a training run, whose package lies in `model`.

    Raises
    ------
    UserError
        It is neither a known key nor a folder with a manifest.
    """
    shipped = SHIPPED / str(key_or_folder)
    if (shipped / MANIFEST_FILE).exists() and shipped.parent == SHIPPED:
        return shipped
    packages, problems = _packages()
    for folder, manifest in packages:
        if manifest.key == str(key_or_folder):
            return folder
    folder = Path(key_or_folder)
    if (place := find_package(folder)) is not None:
        return place
    if folder.is_file():
        raise UserError(
            f"{folder} is a file, a model is a folder with a {MANIFEST_FILE}: weights on their "
            "own, pickled ones above all, are not opened."
        )
    if folder.is_dir():
        raise UserError(
            f"{folder} is no model package: it has no {MANIFEST_FILE}. Weights on their own, "
            "pickled ones above all, are not opened."
        )
    known = ", ".join(manifest.key for _folder, manifest in packages)
    sentence = (
        f"There is no model {str(key_or_folder)!r}: choose one of {known}, "
        "or give the folder of a model package."
    )
    raise UserError(" ".join([sentence, *problems]))


def find_package(folder: Path) -> Path | None:
    """The package that a folder is, or that the training run in it has written; else None."""
    places = (folder, folder / RUN_PACKAGE)
    return next((place for place in places if (place / MANIFEST_FILE).exists()), None)


def _packages(*, every: bool = False) -> tuple[list[tuple[Path, Manifest]], list[str]]:
    """Folder and manifest of each package, and a sentence for each that cannot be used.

    With `every` also packages whose key another one has already.
    """
    found: dict[str, tuple[Path, Manifest]] = {}
    problems = []
    for place in model_folders():
        if not place.is_dir():
            problems.append(f"The folder of models {place} is not there.")
        within = [path for path in sorted(place.glob("*")) if path.is_dir()]
        own = find_package(place)
        folders = [own] if own is not None else list(filter(None, map(find_package, within)))
        for folder in folders:
            try:
                manifest = read_manifest(folder)
            except UserError as error:
                if place == SHIPPED:
                    raise
                problems.append(str(error))
                continue
            if manifest.key in found and every:
                found[str(folder)] = (folder, manifest)
            elif manifest.key in found:
                other = found[manifest.key][0]
                problems.append(f"{folder} is found by its folder alone: {other} has the same key.")
            else:
                found[manifest.key] = (folder, manifest)
    return list(found.values()), problems


def read_manifest(folder: Path) -> Manifest:
    """The checked manifest of the package in `folder`.

    Raises
    ------
    UserError
        The manifest is damaged, incomplete or of a version that is not known.
    """
    path = folder / MANIFEST_FILE
    try:
        content = migrate_manifest(json.loads(path.read_text(encoding="utf-8")))
        version = content["format_version"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({type(error).__name__}): get the model again."
        ) from None
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} is of format version {version!r}; this software reads versions "
            f"up to {FORMAT_VERSION}: update napari-fidelity or get a matching model."
        )
    try:
        return Manifest(**content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {where}: {first['msg']}.") from None


def card_text(key_or_folder: str | Path) -> str:
    """The model card, in Markdown; empty where a package has none."""
    path = find_model(key_or_folder) / CARD_FILE
    return path.read_text(encoding="utf-8") if path.exists() else ""


def thumbnail_path(key_or_folder: str | Path) -> Path | None:
    """A picture of the model's output, or None where a package has none."""
    path = find_model(key_or_folder) / THUMBNAIL_FILE
    return path if path.exists() else None
