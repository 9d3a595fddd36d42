"""One contrast for all images of a comparison, through napari's own links between layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np
from napari.experimental import layers_linked
from napari.layers import Image as ImageLayer
from napari.layers import Layer

from napari_fidelity.widgets.comparison_state import ComparisonState
from napari_fidelity.widgets.layers import METADATA_KEY

LINKED = ("contrast_limits", "gamma")
WIDEST_RATIO = 20.0  # beyond it the narrower image shows one or two of its grey levels in ten


class SharedContrast:
    """Links contrast limits and gamma of images, and gives back what they were.

    Links that a person made before stay. Contrast is how pixels are shown: no data change.
    """

    def __init__(self) -> None:
        self._state = ComparisonState()
        self._links = ExitStack()
        self.layers: list[ImageLayer] = []

    def begin(self, layers: Sequence[Layer]) -> None:
        """Show those of `layers` that have a contrast alike, from the least to the greatest."""
        images = images_with_contrast(layers)
        if [id(layer) for layer in images] == [id(layer) for layer in self.layers]:
            return
        joins = [layer for layer in self.layers if any(layer is image for image in images)]
        limits = common_limits(images)
        if joins:  # what a person set while comparing goes on
            limits = tuple(joins[0].contrast_limits)
        self._unlink()
        for gone in [layer for layer in self.layers if not any(layer is i for i in images)]:
            self._state.give_back(gone)
        self.layers = images if len(images) > 1 else []
        if not self.layers:
            self._state.give_back()
            return
        gamma = images[0].gamma if not joins else joins[0].gamma
        for layer in images:
            for name in ("contrast_limits_range", "contrast_limits", "gamma"):
                self._state.set(layer, name, getattr(layer, name), for_good=True)
        for layer in images:
            layer.contrast_limits, layer.gamma = limits, gamma
        self._links.enter_context(layers_linked(images, LINKED))

    def end(self) -> None:
        """Unlink, and let every image be shown as before."""
        self._unlink()
        self._state.give_back()
        self.layers = []

    def own_limits(self, layer: ImageLayer) -> tuple[float, float]:
        """The contrast limits that `layer` has for itself, linked or not."""
        low, high = self._state.before(layer, "contrast_limits")
        return float(low), float(high)

    def problem(self, layers: Sequence[Layer]) -> str:
        """Why one contrast would hide one of `layers`, naming two; empty when it would not."""
        own = {layer: self.own_limits(layer) for layer in images_with_contrast(layers)}
        if len(own) < 2:
            return ""
        low, high = min(pair[0] for pair in own.values()), max(pair[1] for pair in own.values())
        narrow = min(own, key=lambda layer: own[layer][1] - own[layer][0])
        wide = max(own, key=lambda layer: max(map(abs, own[layer])))
        if high - low <= WIDEST_RATIO * (own[narrow][1] - own[narrow][0]):
            return ""
        return (
            f"“{narrow.name}” is shown from {_spell(own[narrow])}, “{wide.name}” from "
            f"{_spell(own[wide])}: in one contrast one of them would show nothing, so each keeps "
            "its own."
        )

    def drop(self, layer: Layer) -> None:
        """`layer` was deleted: it is as before for whoever takes it up again."""
        if any(layer is linked for linked in self.layers):
            self.begin([linked for linked in self.layers if linked is not layer])
            self._state.give_back(layer)

    def _unlink(self) -> None:
        self._links.close()


def images_with_contrast(layers: Sequence[Layer]) -> list[ImageLayer]:
    """Those of `layers` with grey levels to share: no masks, RGB images or difference maps."""
    images = (layer for layer in layers if isinstance(layer, ImageLayer) and not layer.rgb)
    return [layer for layer in images if not is_difference(layer)]


def is_difference(layer: Layer) -> bool:
    """Whether a layer holds differences of images, says its history: 0 means "alike" there."""
    ours = layer.metadata.get(METADATA_KEY)
    history = ours.get("provenance") if isinstance(ours, Mapping) else None
    return isinstance(history, Mapping) and history.get("operation") == "difference"


def common_limits(layers: Sequence[ImageLayer]) -> tuple[float, float]:
    """From the least to the greatest contrast limit of `layers`; (0, 1) without layers.

    Examples
    --------
    >>> first = ImageLayer(np.zeros((2, 2)), contrast_limits=(0, 50))
    >>> common_limits([first, ImageLayer(np.zeros((2, 2)), contrast_limits=(10, 80))])
    (0.0, 80.0)
    """
    limits = np.array([layer.contrast_limits for layer in layers], dtype=float)
    return (float(limits[:, 0].min()), float(limits[:, 1].max())) if len(limits) else (0.0, 1.0)


def _spell(limits: tuple[float, float]) -> str:
    return f"{limits[0]:.4g} to {limits[1]:.4g}"
