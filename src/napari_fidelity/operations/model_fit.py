"""Whether a trained model fits an image, and what a result says of the model."""

from __future__ import annotations

from collections.abc import Sequence

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.physical_units import length_um
from napari_fidelity.inference.normalisation import Intensities
from napari_fidelity.models import Manifest, Model

FAR_FACTOR = 2.0  # in pixel size: farther from the training than this is told


def check_task(manifest: Manifest, task: str, verb: str) -> None:
    """Refuse a model that is for something else.

    Raises
    ------
    UserError
        The sentence says what model would do.
    """
    if manifest.task != task:
        raise UserError(
            f"{manifest.title} is a model for {manifest.task}: to {verb}, choose one for {task}."
        )


def check_use(model: Model, image: Image, task: str, verb: str) -> None:
    """Refuse a model that is for something else, or that does not fit the image.

    Raises
    ------
    UserError
        The sentence says what model would do, or which axes the image lacks.
    """
    manifest, network = model.manifest, model.network
    check_task(manifest, task, verb)
    name = image.name or "The image"
    if network.spatial_dims == 3 and "Z" not in image.axes:
        raise UserError(
            f"{manifest.title} takes volumes, {name} has no Z: choose a model for planes."
        )
    channels = image.shape[image.axes.index("C")] if "C" in image.axes else 1
    if network.in_channels > 1 and channels != network.in_channels:
        raise UserError(
            f"{manifest.title} takes {network.in_channels} channels, {name} has {channels}: "
            "choose another model, or an image with those channels along C."
        )


def note_pixel_size(manifest: Manifest, image: Image) -> list[str]:
    """A sentence where the image's pixels are far from those that the model was shown."""
    notes = []
    asked = (("pixel", "YX", manifest.use.pixel_size_um), ("Z step", "Z", manifest.use.z_step_um))
    for what, letters, ends in asked:
        if ends is None or (what == "Z step" and manifest.use.spatial_dims == 2):
            continue
        sizes = [
            size
            for letter, scale, unit in zip(image.axes, image.scale, image.units, strict=True)
            if letter in letters and (size := length_um(scale, unit)) is not None
        ]
        far = [s for s in sizes if not ends[0] / FAR_FACTOR <= s <= ends[1] * FAR_FACTOR]
        if far:
            known = f"{ends[0]:g} µm" if ends[0] == ends[1] else f"{ends[0]:g} to {ends[1]:g} µm"
            notes.append(
                f"{manifest.title} was trained on a {what} of {known}, here it is {far[0]:g} µm: "
                "the result may be wrong."
            )
    return notes


def describe_model(model: Model) -> dict[str, str]:
    """What a recipe says of the model, so that another one is refused."""
    manifest = model.manifest
    return {
        "key": manifest.key,
        "title": manifest.title,
        "version": manifest.version,
        "sha256": model.sha256,
    }


def note_intensities(measured: Sequence[Intensities]) -> list[str]:
    """Sentences on what was found when the whole image was scaled."""
    notes = [each.scaling.note for each in measured if each.scaling.note]
    holes = sum(each.pixels - each.finite for each in measured)
    if holes:
        notes.append(
            f"{holes} pixels of the image are NaN or infinite: the result is NaN there and as "
            "far around as the network looks (0 in integer types)."
        )
    return notes
