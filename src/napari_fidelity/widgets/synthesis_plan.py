"""A synthesis made ready on the main thread: what to compute, and where its result belongs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from napari.layers import Labels, Layer, Shapes

from napari_fidelity.core.image import Image
from napari_fidelity.core.params import Params
from napari_fidelity.core.progress import Progress
from napari_fidelity.widgets.block_sums import sum_blocks
from napari_fidelity.widgets.layer_frames import display_from_layer, frame_from_layer
from napari_fidelity.widgets.layers import mask_source_from_layer, source_from_layer
from napari_fidelity.widgets.own_result import Destination, Made, note_result


@dataclass(frozen=True)
class Plan:
    """What to compute, and what the result is compared with and written to.

    Parameters
    ----------
    compute : callable
        For a worker: the result with what was found out about it; None for an empty mask that
        is waited for.
    destination : Destination
        Where it belongs.
    params : Params
        The settings as they were asked for.
    """

    compute: Callable[[Progress], Made | None]
    destination: Destination
    params: Params

    def is_like(self, other: Plan) -> bool:
        """Whether both ask for the same of the same layers; pixels are not compared."""
        mine, theirs = self.destination, other.destination
        same_layers = mine.mask is theirs.mask and mine.look_of is theirs.look_of
        return same_layers and self.params == other.params

    def is_fitted(self) -> bool:
        """Whether the intensities of all pixels depend on the whole mask."""
        stated = getattr(self.params, "levels", None) is not None
        return self.destination.look_of is not None or stated


def plan_synthesis(
    mask: Layer,
    params: Params,
    synthesize: Callable[..., Image],
    *,
    matched: Layer | None = None,
    below: Layer | None = None,
    is_edited: Callable[[], bool] = lambda: False,
    waits_for_objects: bool = False,
) -> Plan:
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
    is_edited : callable, optional
        Tells on the worker whether the layer to update was changed by hand.
    waits_for_objects : bool
        Whether an empty mask gives None, instead of an error.

    Raises
    ------
    UserError
        A layer cannot be read as mask or image.
    """
    like = matched if matched is not None else below
    source = mask_source_from_layer(mask, like=like)
    reference = source_from_layer(matched) if matched is not None else None
    is_painted = isinstance(mask, Labels)

    def compute(progress: Progress) -> Made | None:
        began = time.perf_counter()
        progress(0, 0, "reading the mask")
        pixels = source.load()
        if waits_for_objects and not pixels.array.any():
            return None
        labels = sum_blocks(pixels.array) if is_painted else None
        aside = reference.load() if reference is not None else None
        image = synthesize(pixels, params, progress, reference=aside)
        made = note_result(image, is_edited)
        return replace(made, labels=labels, seconds=time.perf_counter() - began)

    pixels_of = like if isinstance(mask, Shapes) and like is not None else mask
    look = display_from_layer(matched) if matched is not None else {}
    destination = Destination(mask, frame_from_layer(pixels_of), matched, look)
    return Plan(compute, destination, params)
