"""A saved result made again from the recipe that it carries."""

from __future__ import annotations

from dataclasses import replace

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Progress
from napari_fidelity.operations.catalog import OPERATIONS
from napari_fidelity.operations.provenance import unpack_pixels


def rerun(image: Image, progress: Progress | None = None) -> Image:
    """The result of running `image`'s recipe: same bytes on the same machine and versions.

    Parameters
    ----------
    image : Image
        An image with the provenance of an operation, as read from a file that it was saved to.

    Raises
    ------
    UserError
        The image carries no recipe, its operation is not known, or the model has changed.
    """
    recipe = image.provenance
    if "operation" not in recipe or "source" not in recipe:
        raise UserError(
            f"{image.name or 'The image'} carries no recipe: only images saved with provenance "
            "can be run again."
        )
    spec = OPERATIONS[recipe["operation"]]
    pixels = unpack_pixels(recipe["source"])
    if pixels.shape != image.shape:
        raise UserError(
            f"The recipe is for an image of shape {pixels.shape}, the file has {image.shape}."
        )
    source = replace(image, array=pixels, name=recipe["source"].get("name", ""), provenance={})
    result = spec.run(source, spec.params.parse(recipe["params"]), progress or Progress())
    before, now = (entry.get("model", {}).get("sha256") for entry in (recipe, result.provenance))
    if before != now:
        raise UserError(
            f"The recipe used weights with SHA-256 {str(before)[:12]}…, here the model "
            f"{recipe['params'].get('model')!r} has {str(now)[:12]}…: install that version of it."
        )
    provenance = {**recipe, "versions": result.provenance["versions"]}
    return replace(result, name=image.name, provenance=provenance)
