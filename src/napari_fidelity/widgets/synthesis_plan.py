"""A synthesis made ready on the main thread: what to compute, and where its result belongs."""

from __future__ import annotations

from collections.abc import Callable

from napari.layers import Layer, Shapes

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.jobs import Compute
from napari_fidelity.widgets.layer_frames import display_from_layer, frame_from_layer
from napari_fidelity.widgets.layers import mask_source_from_layer, source_from_layer
from napari_fidelity.widgets.own_result import Destination


def plan_synthesis(
    mask: Layer,
    params: Params,
    synthesize: Callable[..., Image],
    *,
    matched: Layer | None = None,
    below: Layer | None = None,
) -> tuple[Compute, Destination]:
    """A computation for a worker, and the destination of its result.

    The layers' frames, names and looks are read here; their pixels on the worker, so that a
    large or lazy layer does not freeze the window, and a layer may be deleted meanwhile.

    Parameters
    ----------
    mask : Layer
        Labels, two-valued Image, or Shapes.
    params : Params
        Settings of the operation.
    synthesize : callable
        The operation.
    matched : Layer, optional
        Image whose intensities are matched.
    below : Layer, optional
        Image that Shapes are drawn on where nothing is matched.

    Raises
    ------
    UserError
        A layer cannot be read as mask or image.
    """
    like = matched if matched is not None else below
    source = mask_source_from_layer(mask, like=like)
    reference = source_from_layer(matched) if matched is not None else None

    def compute(progress: Progress) -> Image:
        progress(0, 0, "reading the mask")
        pixels = source.load()
        aside = reference.load() if reference is not None else None
        return synthesize(pixels, params, progress, reference=aside)

    pixels_of = like if isinstance(mask, Shapes) and like is not None else mask
    look = display_from_layer(matched) if matched is not None else {}
    return compute, Destination(mask, frame_from_layer(pixels_of), matched, look)
