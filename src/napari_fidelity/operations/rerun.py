"""A saved result made again from the recipe that it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.mask_labels import MaskLabels
from napari_fidelity.operations.mask_scan import scan_mask
from napari_fidelity.operations.progress_shares import share_progress
from napari_fidelity.operations.provenance import unpack_pixels
from napari_fidelity.operations.source_record import open_recorded

if TYPE_CHECKING:
    from napari_fidelity.inference.lazy_arrays import Target

AGAIN = "run its recipe on the image with `napari-fidelity batch`"


def rerun(
    image: Image,
    progress: Progress | None = None,
    *,
    source: Image | None = None,
    target: Target | None = None,
) -> Image:
    """The result of running `image`'s recipe: same bytes on the same machine and versions.

    Parameters
    ----------
    image : Image
        An image with the provenance of an operation, as read from a file that it was saved to.
        Its pixels are not read.
    progress : Progress, optional
        Called for every step.
    source : Image, optional
        What the recipe was run on. Default: what is packed into it, else the file it names.
    target : Target, optional
        Where the result is written. Default: memory.

    Raises
    ------
    UserError
        The image carries no recipe, its operation is not known, the model has changed, or its
        source was not packed into the recipe and is gone or changed.
    """
    recipe = image.provenance
    if "operation" not in recipe or "source" not in recipe:
        raise UserError(
            f"{image.name or 'The image'} carries no recipe: only images saved with provenance "
            "can be run again."
        )
    spec = OPERATIONS[recipe["operation"]]
    if spec.gives == "table":
        raise UserError(f"{spec.title} gives a table, which has no pixels to make again: {AGAIN}.")
    checking, running = share_progress(progress or Progress(), [3, 97])
    entry = recipe["source"]
    if "frame" in entry:
        opened = open_recorded(entry, source)
    else:
        opened = _open_mask(image, entry, checking)
    keywords: dict[str, Any] = {  # Any: images and a target
        name: open_recorded(record) for name, record in recipe.get("inputs", {}).items()
    }
    if target is not None and spec.streams:
        keywords["target"] = target
    result = spec.run(opened, spec.params.parse(spec.migrate(recipe)), running, **keywords)
    if not isinstance(result, Image):  # a recipe that somebody wrote into an image's provenance
        raise UserError(f"The recipe ends in a table, which has no pixels to make again: {AGAIN}.")
    before, now = (entry.get("model", {}).get("sha256") for entry in (recipe, result.provenance))
    if before != now:
        key = recipe.get("model", {}).get("key", recipe["params"].get("model"))
        raise UserError(
            f"The recipe used weights with SHA-256 {str(before)[:12]}…, here the model "
            f"{key!r} has {str(now)[:12]}…: install that version of it."
        )
    for then, this in zip(_list_inputs(recipe), _list_inputs(result.provenance), strict=False):
        if then["sha256"] != this["sha256"]:
            raise UserError(
                f"{then.get('path', 'A further input')} has changed since the recipe was written."
            )
    if target is not None and not spec.streams:
        # only results on disk need it
        from napari_fidelity.inference.lazy_arrays import fill_target

        result = fill_target(result, target)
    provenance = {**recipe, "versions": result.provenance["versions"]}
    return replace(result, name=image.name, provenance=provenance)


def list_sources(image: Image) -> list[str]:
    """Paths of the files that `rerun` reads beside the image itself."""
    recipe = image.provenance
    entries = [recipe.get("source", {}), *_list_inputs(recipe)]
    return [str(entry["path"]) for entry in entries if entry.get("path") is not None]


def _list_inputs(recipe: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of further inputs, also those of steps."""
    found = list(recipe.get("inputs", {}).values())
    for step in recipe.get("steps", ()):
        found += _list_inputs(step)
    return found


def _open_mask(image: Image, source: Mapping[str, Any], progress: Progress) -> Image:
    """The recipe's first input in the frame of the result."""
    path = source.get("path")
    if path is None and "zlib" not in source:
        raise UserError(
            "The recipe neither holds its mask nor knows its place: save the mask to a file and "
            "synthesize from there."
        )
    if path is None:
        array: Any = unpack_pixels(source)  # Any: in memory or a Zarr array
    elif not Path(path).exists():
        raise UserError(
            f"The recipe reads its mask from {path}, where nothing is any more: put it back."
        )
    else:
        # only recipes of large masks need it
        from napari_fidelity.inference.open_source import open_source

        array = open_source(path)
    if tuple(array.shape) != image.shape:
        raise UserError(
            f"The recipe is for an image of shape {tuple(array.shape)}, the file has {image.shape}."
        )
    opened = replace(image, array=array, name=source.get("name", ""), provenance={})
    if path is not None:
        found = scan_mask(MaskLabels(opened), progress).source["sha256"]
        if found != source["sha256"]:
            raise UserError(
                f"{path} has changed since the recipe was written: its SHA-256 is {found[:12]}…, "
                f"the recipe's {source['sha256'][:12]}…."
            )
    return opened
