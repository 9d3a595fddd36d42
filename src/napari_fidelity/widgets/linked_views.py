"""A window with one canvas for each of several layers, which move together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QSize, Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent, QKeySequence, QShortcut
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
from napari_fidelity.widgets.layer_view import LayerView, make_current
from napari_fidelity.widgets.palette import Palette, palette_of_theme
from napari_fidelity.widgets.view_link import CameraLink, SliceLink, are_in_one_world
from napari_fidelity.widgets.view_region import best_grid, shown_extent

SIZE = QSize(1100, 680)
SETTLE_MS = 50  # a canvas knows its size only after it was shown
APART = "The images differ in units or place: each shows the same share of its own field."


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
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self).activated.connect(self.close)
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
        events = self._viewer.layers.events
        events.removing.connect(self._on_removing)
        for emitter in (events.inserted, events.removed):
            emitter.connect(self._on_layers_changed)

    def show_layers(self, layers: Sequence[Layer], *, captions: bool) -> None:
        """Give each of `layers` a canvas; those that go on keep what they look at."""
        before = self.views[0].model.scene.camera if self.views else None
        place = None if before is None else (tuple(before.center), float(before.zoom))
        self._keep_views(layers)
        rows = best_grid(len(layers), (self.height(), self.width()), (1, 1))
        columns = math.ceil(len(layers) / rows)
        known = {id(view.source): view for view in self.views}
        self.views = [known.get(id(layer)) or LayerView(self._viewer, layer) for layer in layers]
        for number, view in enumerate(self.views):
            self._grid.addWidget(view, number // columns, number % columns)
        self.show_captions(captions)
        self._show_overlays()
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
            view.model.fit_to_view(layers=[view.twin.layer], margin=0.02)
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

    def _on_removing(self) -> None:
        """A layer is about to be deleted from the viewer: see `make_current`."""
        try:
            make_current(self._viewer.window._qt_viewer)
        except (AttributeError, RuntimeError):
            return  # no window, or one that closes

    def _on_layers_changed(self) -> None:
        QTimer.singleShot(0, self._show_overlays)  # when napari is through with it

    def _show_overlays(self) -> None:
        """Show masks and shapes of the viewer over every image."""
        if not is_alive(self) or self._is_closing:
            return
        sources = [view.source for view in self.views]
        overlays = [
            layer
            for layer in self._viewer.layers
            if not isinstance(layer, ImageLayer) and not any(layer is one for one in sources)
        ]
        for view in self.views:
            view.set_overlays(overlays)

    def _keep_views(self, layers: Sequence[Layer]) -> None:
        """Take the canvases of other layers away."""
        self._unlink()
        for view in list(self.views):
            self._grid.removeWidget(view)
            if not any(view.source is layer for layer in layers):
                self.views.remove(view)
                view.hide()
                view.close_view()

    def _unlink(self) -> None:
        for link in (self._cameras, self._slices):
            if link is not None:
                link.close()
        self._cameras = self._slices = None

    def close_window(self) -> None:
        """Close without telling: the comparison has ended."""
        if self._is_closing:
            return
        self._is_closing = True
        self._viewer.events.theme.disconnect(self._apply_theme)
        events = self._viewer.layers.events
        events.removing.disconnect(self._on_removing)
        for emitter in (events.inserted, events.removed):
            emitter.disconnect(self._on_layers_changed)
        self._keep_views([])
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
