"""The previews of a run in the viewer: input, result and target side by side, kept up to date."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
from napari.components import ViewerModel
from napari.experimental import link_layers, unlink_layers
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.core.image import Image
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.kept_selection import keep_selection
from napari_fidelity.widgets.layer_results import frame_from_image
from napari_fidelity.widgets.partial_refresh import PartialRefresh
from napari_fidelity.widgets.temporary_layers import TEMPORARY
from napari_fidelity.widgets.train_pictures import GAP_PX, Pictures, Pixels
from napari_fidelity.widgets.train_words import spell_count

SHARED = ("contrast_limits", "gamma")
THREE = 3
MARGIN = 0.95  # of the canvas
APART = 3 * GAP_PX  # pixels between the three, and to the images that were there
STRIP_PX = 512  # rows that are shown anew at a time


class TrainPreviews(QObject):
    """Three layers of a run, with their contrast shared; they are there to be looked at only.

    Parameters
    ----------
    viewer : ViewerModel
        Where they are shown.
    parent : QObject
        The dock.

    Attributes
    ----------
    dismissed : Signal
        Emitted when a person deleted one of them.
    """

    dismissed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._layers: list[ImageLayer] = []
        self._waiting: list[ImageLayer] = []
        self._refresh: PartialRefresh | None = None
        self._results: Pixels | None = None  # the newest, shown up to row `_written`
        self._written = 0
        self._title = ""
        self._is_changing = False
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def layers(self) -> list[ImageLayer]:
        """Input, result and target; empty while nothing is shown."""
        return list(self._layers)

    def show(self, pictures: Pictures, title: str) -> None:
        """Show previews: new pixels in the layers that are there, where they fit."""
        fits = bool(self._layers) and self._title == title
        fits = fits and self._layers[1].data.shape == pictures.results.shape
        if not fits:
            self.remove()
            self._add(pictures, title)
            return
        result = self._layers[1]
        result.name = _result_name(title, pictures)
        if result.data.ndim > 2 or self._waiting:
            result.data = pictures.results
            return
        if self._refresh is None:
            self._refresh = PartialRefresh(self._viewer, result, self)
        self._results, self._written = pictures.results, 0
        self._write_strip()

    def remove(self) -> None:
        """Take the layers away."""
        layers, self._layers = self._layers, []
        is_linked, self._waiting = bool(layers) and not self._waiting, []
        if self._refresh is not None:
            self._refresh.deleteLater()
        self._refresh = self._results = None
        self._is_changing = True
        try:
            if is_linked and len(layers) == THREE:
                unlink_layers(layers[1:], SHARED)
            for layer in layers:
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
        finally:
            self._is_changing = False

    def take_away(self) -> None:
        """As `remove`, and look at the images that were there before."""
        was_shown = bool(self._layers)
        self.remove()
        if was_shown and len(self._viewer.layers):
            self._viewer.reset_view()

    def close(self) -> None:
        """The dock goes: no layer of a run stays that nobody updates."""
        self._viewer.layers.events.removed.disconnect(self._on_removed)
        self.remove()

    def _add(self, pictures: Pictures, title: str) -> None:
        self._title = title
        parts = (
            (f"{title}: input", pictures.inputs, pictures.input_limits),
            (_result_name(title, pictures), pictures.results, pictures.target_limits),
            (f"{title}: target", pictures.targets, pictures.target_limits),
        )
        step = (pictures.results.shape[-1] + APART) * pictures.scale[-1]
        left = self._right_end(pictures)
        frame_of = {name: getattr(pictures, name) for name in ("axes", "scale", "units")}
        for number, (name, pixels, limits) in enumerate(parts):
            image = Image(pixels, **frame_of)
            frame = frame_from_image(image)
            frame["translate"] = (*image.translate[:-1], left + number * step)
            layer = ImageLayer(
                pixels, name=name, contrast_limits=limits, metadata=dict(TEMPORARY), **frame
            )
            self._layers.append(layer)
        self._waiting = list(self._layers)
        self._show_next()

    def _show_next(self) -> None:
        """Hand over one layer at a time: napari needs a while for each, and nobody should wait."""
        if not is_alive(self) or not self._waiting:
            return
        layers = self._viewer.layers
        with keep_selection(layers) if layers.selection.active is not None else nullcontext():
            layers.append(self._waiting.pop(0))
        if self._waiting:
            QTimer.singleShot(0, self._show_next)
            return
        link_layers(self._layers[1:], SHARED)
        self._look_at_them()

    def _look_at_them(self) -> None:
        """Let the three fill the view; napari's own call wants layers of the viewer's axes."""
        if self._viewer.dims.ndisplay != 2:
            return
        ends = np.array([np.asarray(layer.extent.world)[:, -2:] for layer in self._layers])
        least, greatest = ends[:, 0].min(axis=0), ends[:, 1].max(axis=0)
        sides = np.maximum(greatest - least, 1e-9)
        camera = self._viewer.scene.camera
        camera.center = (0.0, *((least + greatest) / 2))
        camera.zoom = MARGIN * float((np.asarray(self._viewer.canvas.size) / sides).min())

    def _write_strip(self) -> None:
        """Show the next rows: sending all at once would keep people waiting."""
        refresh, results, start = self._refresh, self._results, self._written
        if not is_alive(self) or refresh is None or results is None or start >= len(results):
            return
        stop = self._written = min(start + STRIP_PX, len(results))
        refresh.write((), (start, 0), (stop, results.shape[1]), results[start:stop])
        if stop < len(results):
            QTimer.singleShot(0, self._write_strip)
        else:
            refresh.settle()

    def _right_end(self, pictures: Pictures) -> float:
        """Where there is room: to the right of what is shown."""
        if not len(self._viewer.layers):
            return 0.0
        end = float(np.asarray(self._viewer.layers.extent.world)[1][-1])
        return end + APART * pictures.scale[-1] if np.isfinite(end) else 0.0

    def _on_removed(self, event: object) -> None:
        gone: Layer | None = getattr(event, "value", None)
        if not self._is_changing and any(gone is layer for layer in self._layers):
            self._layers = [layer for layer in self._layers if layer is not gone]
            self.remove()
            self.dismissed.emit()


def _result_name(title: str, pictures: Pictures) -> str:
    return f"{title}: step {spell_count(pictures.step)}"
