"""The recipe of a result that followed a brush: that of the full run, with the labels of now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from napari.layers import Layer

from napari_fidelity.widgets.layers import METADATA_KEY

Json = dict[str, Any]  # Any: JSON
BAND_PIXELS = 1 << 20


def set_source(layer: Layer, source: Json | None) -> None:
    """Let the layer's recipe hold `source`; None: the pixels changed and are not noted yet."""
    ours = dict(layer.metadata.get(METADATA_KEY, {}))
    recipe = dict(ours.get("provenance", {}))
    recipe.pop("source", None)
    if source is not None:
        recipe["source"] = source
    layer.metadata = {**layer.metadata, METADATA_KEY: {**ours, "provenance": recipe}}


def pack_source(
    labels: npt.NDArray[Any],  # Any: labels of any integer type
    before: Json,
    is_stale: Callable[[], bool],
) -> Json | None:
    """The source of a recipe with `labels` as its pixels; None when they changed meanwhile.

    Parameters
    ----------
    labels : ndarray
        The live labels: read in bands on a worker, while a person may paint in them.
    before : dict
        The source of the full run: its name is kept, and whether pixels are in it.
    is_stale : callable
        Asked after every band.
    """
    from napari_fidelity.operations.provenance import PixelRecord

    record = PixelRecord(labels.shape, labels.dtype, keep="zlib" in before)
    width = max(1, labels.shape[-1])
    step = max(1, BAND_PIXELS // width)
    for index in np.ndindex(labels.shape[:-2]):
        for top in range(0, labels.shape[-2], step):
            record.add(labels[index][top : top + step])
            if is_stale():
                return None
    return {"name": before.get("name", ""), **record.finish()}
