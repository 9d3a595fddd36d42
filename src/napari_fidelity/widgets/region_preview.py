"""A preview of an operation on what is seen: off the main thread, the latest request wins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QObject, QTimer, Signal

from napari_fidelity.core.errors import UserError
from napari_fidelity.core.image import Image
from napari_fidelity.core.progress import Cancelled, Progress
from napari_fidelity.operations.mask_pixels import holds_labels
from napari_fidelity.widgets.dock_parts import HINT, PROBLEM
from napari_fidelity.widgets.job_failure import describe_failure
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_frames import frame_from_layer, full_resolution
from napari_fidelity.widgets.layers import source_from_layer
from napari_fidelity.widgets.piece_thread import PieceThread
from napari_fidelity.widgets.preview_layer import FRAME_LABEL, LINE_PX, PreviewLayer, add_frame
from napari_fidelity.widgets.preview_request import PreviewRequest, PreviewStep, describe_view
from napari_fidelity.widgets.result_frames import (
    frame_of_result,
    image_in_units,
    put_on_plane,
)
from napari_fidelity.widgets.visible_region import VisibleRegion, find_visible_region

SETTLE_MS = 60  # events come in bursts: one look at the view after each
PATIENCE_S = 0.4  # a preview that is out of date may still be finished within so long
TELL_MS = 250
LONG_S, QUICK_S = 2.0, 0.3
LEAST_SIDE_PX = 96


@dataclass
class _Drawing:
    """A result, where it lies, and the border around it: -1 before it was drawn."""

    step: PreviewStep
    frame: dict[str, Any]  # Any: keywords of add_image
    source: Image
    result: Image
    width_px: int = -1

    def border_px(self, zoom: float) -> int:
        """Pixels that make a thin line on the canvas; 0 where the result fills the view."""
        if not self.step.view.is_part:
            return 0
        coarser = self.result.scale[-1] / self.source.scale[-1]  # as after down-sampling
        on_canvas = zoom * float(self.step.request.layer.scale[-1]) * coarser
        return max(1, round(LINE_PX / max(on_canvas, 1e-9)))


class RegionPreview(QObject):
    """Keeps a temporary layer up to date with the view and the settings, while it is on.

    Parameters
    ----------
    viewer : ViewerModel
        Whose view is followed.
    ask : callable
        What is wanted now; it may raise a `UserError`, which is said.
    parent : QObject
        The dock; the preview ends with it.

    Attributes
    ----------
    said : Signal
        `(words, role)` for the dock.
    deleted : Signal
        A person deleted the layer of the preview: it is off.
    """

    said = Signal(str, str)
    deleted = Signal()

    def __init__(
        self, viewer: ViewerModel, ask: Callable[[], PreviewRequest], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer, self._ask = viewer, ask
        self.overlay = PreviewLayer(viewer)
        self.above: Callable[[], Layer | None] = lambda: None
        self._is_on = False
        self._shown: PreviewStep | None = None
        self._drawing: _Drawing | None = None
        self._running: PreviewStep | None = None
        self._began = 0.0
        self._state = ""
        self._share = 1.0  # of the side that was asked for: less where it takes long
        self._watched: ImageLayer | None = None
        self._thread = PieceThread()
        self._thread.close_with(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self._look)
        self._teller = QTimer(self)
        self._teller.setInterval(TELL_MS)
        self._teller.timeout.connect(self._tell)
        self._connect()

    @property
    def is_on(self) -> bool:
        """Whether the view is followed."""
        return self._is_on

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to come."""
        return not (self._timer.isActive() or self._thread.is_busy)

    def set_on(self, on: bool) -> None:
        """Follow the view from now on, or take the preview away."""
        self._is_on = on
        if on:
            self.touch()
        else:
            self._drop()
            self.said.emit("", HINT)

    def touch(self) -> None:
        """The settings or the view may be others."""
        if self._is_on and not self._timer.isActive():
            self._timer.start()

    def forget(self) -> None:
        """The pixels are others, though the array is the same: compute again."""
        self._shown = None
        self.touch()

    def end(self) -> None:
        """Take the preview away for good: the dock was closed."""
        self.set_on(False)

    def _connect(self) -> None:
        viewer = self._viewer
        camera, dims = viewer.scene.camera.events, viewer.dims.events
        for emitter in (camera.center, camera.zoom, dims.point, dims.order, dims.ndisplay):
            emitter.connect(self._on_moved)
        viewer.canvas.events.size.connect(self._on_moved)
        viewer.layers.events.removed.connect(self._on_removed)

    def _on_moved(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.touch()

    def _on_removed(self, event: Any) -> None:  # Any: napari's event
        if not is_alive(self) or not self._is_on:
            return
        if event.value is self.overlay.layer:
            self.set_on(False)
            self.deleted.emit()
        elif self._watched is event.value:
            self._drop()
            self.touch()

    def _on_edited(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.forget()

    def _watch(self, layer: ImageLayer | None) -> None:
        """Listen to edits of the source."""
        names = ("data", "scale", "translate", "units")
        if layer is self._watched:
            return
        for watched, act in ((self._watched, "disconnect"), (layer, "connect")):
            if watched is not None:
                for name in names:
                    getattr(getattr(watched.events, name), act)(self._on_edited)
        self._watched = layer

    def _drop(self) -> None:
        """Take the layer away; what runs is for nothing."""
        self._running = self._shown = self._drawing = None
        self._teller.stop()
        self._timer.stop()
        self._watch(None)
        self.overlay.hide()

    # ── steps ────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        """Compute what is wanted now, unless it is shown or on its way."""
        try:
            request = self._ask()
            view = find_visible_region(self._viewer, request.layer, self._side_px(request))
            source = source_from_layer(request.layer)
        except UserError as error:
            self._shown = None
            self._fail(str(error))
            return
        known = self._shown if self._running is None else self._running
        if known is not None and known.answers(request, view):
            self._draw()
            return
        if self._thread.is_busy:
            if perf_counter() - self._began > PATIENCE_S:
                self._running = None  # its next step ends it
            self._timer.start()
            return
        self._watch(request.layer)
        pixels = full_resolution(request.layer)
        image = replace(source.frame, array=pixels)
        self._start(PreviewStep(request, view, pixels), image)

    def _start(self, wanted: PreviewStep, image: Image) -> None:
        frame = frame_from_layer(wanted.request.layer)
        self._running, self._began, self._state = wanted, perf_counter(), ""

        def note(done: int, total: int, text: str) -> None:
            self._state = f"{text} {done} of {total}" if total else text

        progress = Progress(note, lambda: self._running is not wanted)

        def compute() -> Image:
            progress.check()
            return wanted.request.run(image, wanted.view.region, progress)

        def show(result: Image) -> None:
            known = image_in_units(image, result, wanted.request.stated)
            flat = put_on_plane(result, known, wanted.view.region)
            self._show(wanted, _Drawing(wanted, frame, known, flat))

        self._teller.start()
        self._thread.run(compute, show, lambda error: self._on_failure(wanted, error))

    def _show(self, wanted: PreviewStep, drawing: _Drawing) -> None:
        layer = wanted.request.layer
        if not is_alive(self) or self._running is not wanted or layer not in self._viewer.layers:
            self._end_step(wanted)
            return
        self._end_step(wanted)
        self._shown = wanted
        seconds = perf_counter() - self._began
        self._learn_pace(wanted.view, seconds)
        self._drawing = drawing
        self._draw()
        self.said.emit(f"{describe_view(wanted.view, seconds)} {wanted.request.note}", HINT)

    def _draw(self) -> None:
        """Put the result into the layer, with a border as wide as the zoom wants it."""
        drawing = self._drawing
        if drawing is None or drawing.step is not self._shown:
            return
        width = drawing.border_px(self._viewer.scene.camera.zoom)
        if width != drawing.width_px:
            drawing.width_px = width
            layer, result = drawing.step.request.layer, drawing.result
            if width:
                bright = float(layer.contrast_limits[1])
                result = add_frame(result, width, FRAME_LABEL if holds_labels(result) else bright)
            frame = frame_of_result(drawing.frame, drawing.source, result)
            self.overlay.show(result, frame, layer, above=self.above(), line_px=max(width, 1))

    def _side_px(self, request: PreviewRequest) -> int:
        return max(min(request.side_px, LEAST_SIDE_PX), round(request.side_px * self._share))

    def _learn_pace(self, view: VisibleRegion, seconds: float) -> None:
        """Take less from the next time on where it took long, and more where it was quick."""
        if seconds > LONG_S:
            self._share = max(self._share * max((LONG_S / seconds) ** 0.5, 0.25), 0.1)
        elif seconds < QUICK_S and view.is_part:
            self._share = min(1.0, 1.5 * self._share)

    def _on_failure(self, wanted: PreviewStep, error: BaseException) -> None:
        is_wanted = self._running is wanted
        self._end_step(wanted)
        if is_wanted and not isinstance(error, Cancelled):
            self._shown = wanted  # not again until something changes
            self._fail(describe_failure(error, "Preview"))

    def _end_step(self, wanted: PreviewStep) -> None:
        self._teller.stop()
        if self._running is wanted:
            self._running = None

    def _fail(self, sentence: str) -> None:
        self.overlay.hide()
        self.said.emit(sentence, PROBLEM)

    def _tell(self) -> None:
        """Say where a slow preview is."""
        state = f": {self._state[:1].lower()}{self._state[1:]}" if self._state else ""
        self.said.emit(f"Computing the preview{state}…", HINT)
