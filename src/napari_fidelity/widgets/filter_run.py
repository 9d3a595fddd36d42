"""A filter made ready on the main thread: what to compute, and where its result belongs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.layer_frames import (
    display_from_layer,
    frame_from_layer,
    full_resolution,
)
from napari_fidelity.widgets.layers import source_from_layer
from napari_fidelity.widgets.own_result import Destination, Made, note_result
from napari_fidelity.widgets.result_frames import frame_of_result, image_in_units

Operate = Callable[..., Image]


@dataclass(frozen=True)
class FilterPlan:
    """What to compute, and where its result is written.

    Parameters
    ----------
    compute : callable
        For a worker: the result with what was found out about it.
    place : callable
        For the main thread: where a result belongs, by its scale and position.
    """

    compute: Callable[[Progress], Made]
    place: Callable[[Image], Destination]


def plan_filter(
    layer: ImageLayer,
    params: Params,
    operate: Operate,
    *,
    stated: Mapping[str, float | None],
    made_by: str = "",
    is_edited: Callable[[], bool] = lambda: False,
) -> FilterPlan:
    """A computation for a worker, and the destination of its result.

    Name, frame and look of the layer are read here; its pixels on the worker. Those in memory
    are copied there first, so that an edit meanwhile changes nothing; lazy ones are read part
    by part.

    Parameters
    ----------
    layer : Image layer
        The source.
    params : Params
        Settings of the operation.
    operate : callable
        `operate(image, params, progress, source_path=path) -> Image`.
    stated : mapping
        Sizes in `params` that the layer does not know, as `state_scale` takes them.
    made_by : str
        Results of different makers stand beside each other.
    is_edited : callable, optional
        Tells on the worker whether the layer to update was changed by hand.

    Raises
    ------
    UserError
        The layer cannot be read as a grey image.
    """
    source = source_from_layer(layer)
    pixels, path = full_resolution(layer), file_of(layer)
    frame, look = frame_from_layer(layer), display_from_layer(layer)

    def compute(progress: Progress) -> Made:
        progress(0, 0, "reading the image")
        is_lazy = not isinstance(pixels, np.ndarray)
        image = replace(source.frame, array=pixels) if is_lazy else source.load()
        return note_result(operate(image, params, progress, source_path=path), is_edited)

    def place(result: Image) -> Destination:
        known = image_in_units(source.frame, result, stated)
        placed = frame_of_result(frame, known, result)
        return Destination(layer, placed, layer, look, noun="image", is_above=True, made_by=made_by)

    return FilterPlan(compute, place)


def file_of(layer: Layer) -> Path | None:
    """The file that a layer was read from, if it is still there.

    Examples
    --------
    >>> file_of(ImageLayer(np.zeros((2, 2)))) is None
    True
    """
    path = layer.source.path
    found = Path(path) if path else None
    return found if found is not None and found.is_file() else None
