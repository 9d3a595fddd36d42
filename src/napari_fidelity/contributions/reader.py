"""Opening `.ome.tif` files with pixel size, axes and history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from napari_fidelity.contributions.layer_data import LayerData, layer_from_image, restore_display
from napari_fidelity.core.image import Image
from napari_fidelity.imageio import holds_colour, read_layer
from napari_fidelity.operations.mask_pixels import holds_labels

PathOrPaths = str | Sequence[str]
ENDINGS = (".ome.tif", ".ome.tiff")


def get_reader(path: PathOrPaths) -> Callable[[PathOrPaths], list[LayerData]] | None:
    """The function that opens `path`, or None where napari's own reader does it better.

    That is so for colour files, for stacks of files and for names that are no OME-TIFF.
    """
    if not isinstance(path, str) or not path.lower().endswith(ENDINGS):
        return None
    return None if holds_colour(path) else read_layers


def read_layers(path: PathOrPaths) -> list[LayerData]:
    """Layer-data tuples of an OME-TIFF.

    A file that our writer made comes back as the layer it was. Of other files each channel
    becomes an image layer.

    Raises
    ------
    UserError
        The file is damaged, cut short or missing.
    """
    paths = [path] if isinstance(path, str) else path
    return [layer for one in paths for layer in _read_file(one)]


def _read_file(path: str) -> list[LayerData]:
    image, shown = read_layer(path)
    if shown:
        layer_type, attributes = restore_display(shown, image)
        return [layer_from_image(image, layer_type, **attributes)]
    name = image.name or Path(path).name
    if "C" not in image.axes or image.provenance:
        kind = "labels" if holds_labels(image) else "image"
        return [layer_from_image(replace(image, name=name), kind)]
    return [layer_from_image(channel, "image") for channel in split_channels(image)]


def split_channels(image: Image) -> list[Image]:
    """One image per index along C, the other axes kept.

    Examples
    --------
    >>> import numpy as np
    >>> [channel.name for channel in split_channels(Image(np.zeros((2, 4, 4)), "CYX", name="a"))]
    ['a · channel 1', 'a · channel 2']
    """
    place = image.axes.index("C")
    keep = [index for index in range(len(image.axes)) if index != place]
    return [
        Image(
            image.array.take(channel, axis=place),
            axes=image.axes.replace("C", ""),
            scale=tuple(image.scale[index] for index in keep),
            units=tuple(image.units[index] for index in keep),
            translate=tuple(image.translate[index] for index in keep),
            origin=tuple(image.origin[index] for index in keep),
            name=f"{image.name} · channel {channel + 1}",
        )
        for channel in range(image.shape[place])
    ]
