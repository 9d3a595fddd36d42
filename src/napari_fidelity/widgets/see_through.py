"""A mask that lets the image below it be seen while that follows the brush."""

from __future__ import annotations

from napari.layers import Layer

OPACITY = 0.3


class SeeThrough:
    """Lowers the opacity of one layer from `begin` to `end`, unless a person changes it."""

    def __init__(self) -> None:
        self._layer: Layer | None = None
        self._before = 1.0

    def begin(self, layer: Layer) -> None:
        """Let what is under `layer` be seen; a layer that was taken before is given back."""
        self.end()
        if layer.opacity > OPACITY:
            self._layer, self._before = layer, layer.opacity
            layer.opacity = OPACITY

    def end(self) -> None:
        """The layer as it was."""
        layer, self._layer = self._layer, None
        if layer is not None and layer.opacity == OPACITY:
            layer.opacity = self._before
