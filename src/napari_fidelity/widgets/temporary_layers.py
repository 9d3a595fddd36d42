"""Layers that a dock shows for a while: none is ever an input, and none is to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from napari.layers import Layer

from napari_fidelity.imageio.provenance import NAMESPACE

TEMPORARY_ROLE = "temporary"
TEMPORARY: Mapping[str, Any] = {NAMESPACE: {"role": TEMPORARY_ROLE}}  # Any: as in a layer


def is_temporary(layer: Layer) -> bool:
    """Whether `layer` only shows something for a while, such as a preview.

    Examples
    --------
    >>> import numpy as np
    >>> from napari.layers import Image
    >>> is_temporary(Image(np.zeros((2, 2)), metadata=dict(TEMPORARY)))
    True
    """
    ours = layer.metadata.get(NAMESPACE)
    return isinstance(ours, Mapping) and ours.get("role") == TEMPORARY_ROLE
