"""A window with one canvas for each of several layers, which move together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from napari.qt import QtViewer
from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.widgets.dock_parts import HINT, Words
from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_twin import LayerTwin
from napari_fidelity.widgets.name_label import NameLabel
from napari_fidelity.widgets.palette import Palette, palette_of_theme
from napari_fidelity.widgets.view_link import CameraLink, SliceLink, are_in_one_world
from napari_fidelity.widgets.view_region import best_grid, shown_extent

SIZE = QSize(1100, 680)
SETTLE_MS = 50  # a canvas knows its size only after it was shown
APART = "The images differ in units or place: each shows the same share of its own field."


class LayerView(QWidget):
    """A caption above a canvas with one layer, and with the masks and shapes that lie on it.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers come from.
    layer : Layer
        The one to show.
    overlays : sequence of Layer
        Shown over it while they are visible in `viewer`.
    """

    def __init__(self, viewer: ViewerModel, layer: Layer, overlays: Sequence[Layer]) -> None:
        super().__init__()
        self.source = layer
        self.model = ViewerModel(title=layer.name, ndisplay=viewer.dims.ndisplay)
        self.model.theme = viewer.theme
        self.twins = [LayerTwin(layer, viewer, self, follows_eye=False)]
        self.twins += [LayerTwin(overlay, viewer, self, follows_eye=True) for overlay in overlays]
        self.qt_viewer = QtViewer(self.model)
        self.qt_viewer.setAcceptDrops(False)
        for twin in self.twins:
            self.model.layers.append(twin.layer)
        self.model.layers.selection.clear()
        self.caption = NameLabel(layer.name)
        self.caption.setObjectName("fidelityViewName")
        layer.events.name.connect(self._on_renamed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.caption)
        layout.addWidget(self.qt_viewer, 1)

    def _on_renamed(self) -> None:
        if is_alive(self):
            self.caption.say(self.source.name)

    def close_view(self) -> None:
        """Let go of the layers and of the canvas."""
        self.source.events.name.disconnect(self._on_renamed)
        for twin in self.twins:
            twin.close()
        self.qt_viewer.close()
        self.qt_viewer.deleteLater()
        self.deleteLater()


class LinkedViews(QWidget):
    """Canvases side by side in a window of their own, for a second screen as well.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers come from; its sliders move those here, and the other way round.
    parent : QWidget, optional
        The window that this one stays over.

    Attributes
    ----------
    closed : Signal
        Emitted when a person closes the window.
    """

    closed = Signal()

    def __init__(self, viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._viewer = viewer
        self.views: list[LayerView] = []
        self._cameras: CameraLink | None = None
        self._slices: SliceLink | None = None
        self._is_closing = False
        self.setWindowTitle("Compare (Fidelity)")
        self.setObjectName("fidelityViews")
        self.camera_box = QCheckBox("Link pan and zoom")
        self.slice_box = QCheckBox("Link slices")
        self.fit_button = QPushButton("Fit")
        self.fit_button.setToolTip("Show the whole of every image")
        self.words = Words("", HINT)
        self._grid = QGridLayout()
        self._grid.setSpacing(4)
        self._lay_out()
        self._connect()
        self.resize(SIZE)
        self._apply_theme()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.setSpacing(14)
        for box in (self.camera_box, self.slice_box):
            box.setChecked(True)
            bar.addWidget(box)
        bar.addWidget(self.words, 1)
        bar.addStretch(0)
        bar.addWidget(self.fit_button)
        self.fit_button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(bar)
        layout.addLayout(self._grid, 1)

    def _connect(self) -> None:
        self.camera_box.toggled.connect(self._on_links_toggled)
        self.slice_box.toggled.connect(self._on_links_toggled)
        self.fit_button.clicked.connect(self.fit)
        self._viewer.events.theme.connect(self._apply_theme)
        self._viewer.layers.events.removing.connect(self._draw_in_first_canvas)

    def show_layers(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Give each of `layers` a canvas; those that go on keep what they look at."""
        before = self.views[0].model.scene.camera if self.views else None
        place = None if before is None else (tuple(before.center), float(before.zoom))
        self._drop_views()
        overlays = [
            layer
            for layer in self._viewer.layers
            if not isinstance(layer, ImageLayer) and not any(layer is shown for shown in layers)
        ]
        rows = best_grid(len(layers), (self.height(), self.width()), (1, 1))
        columns = math.ceil(len(layers) / rows)
        for number, layer in enumerate(layers):
            view = LayerView(self._viewer, layer, overlays)
            view.caption.setVisible(captions)
            self._grid.addWidget(view, number // columns, number % columns)
            self.views.append(view)
        self._link(layers)
        self.show()
        if place is None:
            QTimer.singleShot(SETTLE_MS, self.fit)
        else:
            camera = self.views[0].model.scene.camera
            camera.center, camera.zoom = place

    def shows(self, layers: Sequence[Layer]) -> bool:
        """Whether the canvases are those of `layers`, in this order."""
        return [id(view.source) for view in self.views] == [id(layer) for layer in layers]

    def _link(self, layers: Sequence[Layer]) -> None:
        models = [view.model for view in self.views]
        is_one_world = are_in_one_world(self._viewer, layers)
        boxes = [shown_extent(self._viewer, layer) for layer in layers]
        known = [box for box in boxes if box is not None]
        use_shares = not is_one_world and len(known) == len(layers)
        self._cameras = CameraLink(models, known if use_shares else ())
        self._slices = SliceLink([self._viewer, *models])
        self.words.say(APART if use_shares else "", HINT)
        self.slice_box.setVisible(self._viewer.dims.ndim > self._viewer.dims.ndisplay)
        self._on_links_toggled()

    def _on_links_toggled(self) -> None:
        if self._cameras is None or self._slices is None:
            return
        self._cameras.is_on = self.camera_box.isChecked()
        self._slices.is_on = self.slice_box.isChecked()
        self._cameras.follow(0)
        self._slices.follow(0)

    def fit(self) -> None:
        """Show the whole of every image."""
        if not is_alive(self) or self._cameras is None:
            return
        is_on, self._cameras.is_on = self._cameras.is_on, False
        for view in self.views:
            view.model.fit_to_view(layers=[view.twins[0].layer], margin=0.02)
        self._cameras.is_on = is_on
        self._cameras.follow(0)

    def show_captions(self, on: bool) -> None:
        """Write each layer's name over its canvas, or do not."""
        for view in self.views:
            view.caption.setVisible(on)

    def _apply_theme(self) -> None:
        if not is_alive(self):
            return
        palette = palette_of_theme(self._viewer.theme)
        self.setStyleSheet(_style(palette))
        for view in self.views:
            view.model.theme = self._viewer.theme

    def _draw_in_first_canvas(self) -> None:
        """Let napari's own canvas be the current one before a layer is deleted.

        napari frees the layer's part of the graphics card at once, in whichever canvas was drawn
        last: with several canvases that may be one of these, which then could draw no more.
        """
        try:
            self._viewer.window._qt_viewer.canvas.native.makeCurrent()
        except (AttributeError, RuntimeError):
            return  # no window, or one that closes

    def _drop_views(self) -> None:
        for link in (self._cameras, self._slices):
            if link is not None:
                link.close()
        self._cameras = self._slices = None
        for view in self.views:
            self._grid.removeWidget(view)
            view.hide()
            view.close_view()
        self.views = []

    def close_window(self) -> None:
        """Close without telling: the comparison has ended."""
        if self._is_closing:
            return
        self._is_closing = True
        self._viewer.events.theme.disconnect(self._apply_theme)
        self._viewer.layers.events.removing.disconnect(self._draw_in_first_canvas)
        self._drop_views()
        self.close()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802  # Qt's name
        """Tell that a person closed the window."""
        super().closeEvent(event)
        if not self._is_closing:
            self.closed.emit()


def _style(palette: Palette) -> str:
    return f"""
    QWidget#fidelityViews {{ background-color: {palette.background.name()}; }}
    QLabel#fidelityViewName {{
        background-color: {palette.track.name()}; color: {palette.text.name()};
        font-weight: 600; padding: 4px 8px;
    }}
    QLabel[role="hint"] {{ color: {palette.muted.name()}; }}
    """
