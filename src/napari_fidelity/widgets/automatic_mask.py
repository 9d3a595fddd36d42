"""A mask where there is none: Otsu's threshold of an image, as a Labels layer to correct."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from napari.components import ViewerModel
from napari.layers import Labels, Layer
from qtpy.QtCore import QObject

from napari_fidelity.core.progress import Progress
from napari_fidelity.metrics.masks import otsu_mask
from napari_fidelity.widgets.background_overlay import add_on_top
from napari_fidelity.widgets.jobs import Job, start_job
from napari_fidelity.widgets.layer_frames import frame_from_layer
from napari_fidelity.widgets.layers import source_from_layer

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def start_automatic_mask(
    viewer: ViewerModel, image: Layer, *, owner: QObject, say: Callable[[str], None]
) -> Job:
    """A job that adds the Labels layer "automatic mask (Otsu) of …" for the layer `image`.

    Parameters
    ----------
    viewer : ViewerModel
        Where the mask is added.
    image : Layer
        The image whose bright pixels become structures.
    owner : QObject
        The dock.
    say : callable
        Receives a sentence when there is no threshold: a constant image, NaN.
    """
    source, frame = source_from_layer(image), frame_from_layer(image)

    def compute(progress: Progress) -> Mask:
        progress(0, 2, f"read {source.name}")
        pixels = source.load().array
        progress(1, 2, "find the threshold")
        return otsu_mask(pixels)

    def add(mask: Mask) -> None:
        name = f"automatic mask (Otsu) of {source.name}"
        add_on_top(viewer, Labels(mask.astype(np.uint8), name=name, opacity=0.5, **frame))

    return start_job(
        compute,
        text=f"Make a mask of {source.name}",
        owner=owner,
        on_result=add,
        on_error=say,
        queued=False,
    )
