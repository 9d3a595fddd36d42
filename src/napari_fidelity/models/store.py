"""Where model packages lie and what is in them."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from napari_fidelity.core.errors import UserError
from napari_fidelity.models.manifest import FORMAT_VERSION, Manifest

SHIPPED = Path(__file__).parent / "weights"
MANIFEST_FILE, CARD_FILE, THUMBNAIL_FILE = "manifest.json", "README.md", "thumbnail.png"


def list_models(task: str | None = None) -> list[Manifest]:
    """The manifests of all shipped models, or of those for one task such as `"synthesis"`.

    The order is that of their keys.
    """
    folders = sorted(path.parent for path in SHIPPED.glob(f"*/{MANIFEST_FILE}"))
    manifests = [read_manifest(folder) for folder in folders]
    return [manifest for manifest in manifests if task in (None, manifest.task)]


def find_model(key_or_folder: str | Path) -> Path:
    """The folder of a shipped model, or of one that lies elsewhere.

    Raises
    ------
    UserError
        It is neither a known key nor a folder with a manifest.
    """
    shipped = SHIPPED / str(key_or_folder)
    if (shipped / MANIFEST_FILE).exists() and shipped.parent == SHIPPED:
        return shipped
    folder = Path(key_or_folder)
    if (folder / MANIFEST_FILE).exists():
        return folder
    if folder.is_file():
        raise UserError(
            f"{folder} is a file, a model is a folder with a {MANIFEST_FILE}: weights on their "
            "own, pickled ones above all, are not opened."
        )
    known = ", ".join(manifest.key for manifest in list_models())
    if folder.is_dir():
        raise UserError(
            f"{folder} is no model package: it has no {MANIFEST_FILE}. Weights on their own, "
            "pickled ones above all, are not opened."
        )
    raise UserError(
        f"There is no model {str(key_or_folder)!r}: choose one of {known}, "
        "or give the folder of a model package."
    )


def read_manifest(folder: Path) -> Manifest:
    """The checked manifest of the package in `folder`.

    Raises
    ------
    UserError
        The manifest is damaged, incomplete or of a version that is not known.
    """
    path = folder / MANIFEST_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content["format_version"]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is damaged ({type(error).__name__}): get the model again."
        ) from None
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} is of format version {version!r}; this software reads version "
            f"{FORMAT_VERSION}: update napari-fidelity or get a matching model."
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
