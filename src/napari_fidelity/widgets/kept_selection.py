"""Adding layers without touching what is selected; docks that follow the selection stay too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from napari.components import LayerList

_kept: list[LayerList] = []


@contextmanager
def keep_selection(layers: LayerList) -> Iterator[None]:
    """Select at the end what was selected before: napari selects every layer that is added.

    Parameters
    ----------
    layers : LayerList
        Where layers are added meanwhile. Main thread.

    Examples
    --------
    >>> from napari.layers import Image
    >>> import numpy as np
    >>> first, second = Image(np.zeros((2, 2))), Image(np.zeros((2, 2)))
    >>> layers = LayerList([first])
    >>> layers.selection.active = first
    >>> with keep_selection(layers):
    ...     layers.append(second)
    ...     is_selection_kept()
    True
    >>> layers.selection.active is first, is_selection_kept()
    (True, False)
    """
    selected, active = set(layers.selection), layers.selection.active
    _kept.append(layers)
    try:
        yield
        layers.selection = selected
        layers.selection.active = active
    finally:
        _kept.pop()


def is_selection_kept() -> bool:
    """Whether changes of the selection are passing ones, which nobody asked for."""
    return bool(_kept)
