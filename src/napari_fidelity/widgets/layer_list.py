"""A list of a viewer's images with a box each to tick; those that cannot be used say why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QCheckBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.layer_choice import LAYER_EVENTS
from napari_fidelity.widgets.temporary_layers import is_temporary


class NameBox(QCheckBox):
    """A check box whose text is cut with "…" where it does not fit, instead of widening a dock."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        self._cut()

    def whole_text(self) -> str:
        """The text before it was cut."""
        return self._whole

    def sizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """As wide as there is room."""
        return QSize(160, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: the text is cut."""
        return QSize(60, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802  # Qt's name
        """Cut the text to the new width."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        room = max(self.width() - 30, 20)
        cut = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideMiddle, room)
        self.setText(cut.replace("&", "&&"))


class LayerList(QWidget):
    """Image layers, the top one first, each with a box to tick.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    verdict : callable
        Receives an image layer; `None` leaves it out, an empty string offers it, and a
        sentence shows it greyed with that sentence as the tooltip.
    short_reason : callable
        Receives a refused layer; a word or two put behind its name.
    kinds : tuple of type
        Types of layers that may be listed.
    ticked_at_first : callable
        Receives a layer that is seen for the first time; whether its box is ticked.
    empty_text : str
        What is said where there is nothing to tick.

    Notes
    -----
    `ticked_changed` is emitted when the ticked layers are others than before, by hand or because
    one was deleted or became unusable.
    """

    ticked_changed = Signal()

    def __init__(
        self,
        viewer: ViewerModel,
        verdict: Callable[[Layer], str | None],
        short_reason: Callable[[Layer], str],
        parent: QWidget | None = None,
        *,
        kinds: tuple[type[Layer], ...] = (ImageLayer,),
        ticked_at_first: Callable[[Layer], bool] = lambda layer: True,  # noqa: ARG005
        empty_text: str = "Open or synthesize an image of the reference's size.",
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._verdict = verdict
        self._short_reason = short_reason
        self._kinds, self._ticked_at_first = kinds, ticked_at_first
        self._unticked: set[int] = set()
        self._seen: set[int] = set()
        self._rows: list[tuple[Layer, NameBox]] = []
        self._before: list[Layer] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        self._empty = QLabel(empty_text)
        self._empty.setWordWrap(True)
        layout.addWidget(self._empty)
        for name in LAYER_EVENTS:
            getattr(viewer.layers.events, name).connect(self._on_layers_changed)
        self.refresh()

    def ticked(self) -> list[Layer]:
        """The ticked layers that can be used, the top one first."""
        return [layer for layer, box in self._rows if box.isEnabled() and box.isChecked()]

    def offered(self) -> list[Layer]:
        """The layers that can be ticked, the top one first."""
        return [layer for layer, box in self._rows if box.isEnabled()]

    def boxes(self) -> list[NameBox]:
        """All boxes, from top to bottom."""
        return [box for _, box in self._rows]

    def box(self, layer: Layer) -> NameBox:
        """The box of `layer`; KeyError when it is not listed."""
        for listed, box in self._rows:
            if listed is layer:
                return box
        raise KeyError(layer.name)

    def tick(self, layers: list[Layer]) -> None:
        """Tick exactly `layers`."""
        keep = {id(layer) for layer in layers}
        self._unticked = {id(layer) for layer, _ in self._rows if id(layer) not in keep}
        self.refresh()

    def refresh(self) -> None:
        """Build the list anew; called for you on layer events."""
        focused = next((layer for layer, box in self._rows if box.hasFocus()), None)
        for _, box in self._rows:
            self._discard(box)
        self._rows = []
        images = [
            layer for layer in reversed(self._viewer.layers) if isinstance(layer, self._kinds)
        ]
        for layer in images:
            if id(layer) not in self._seen and not self._ticked_at_first(layer):
                self._unticked.add(id(layer))
        self._seen = {id(layer) for layer in images}
        for layer in images:
            reason = self._verdict(layer)
            if reason is not None and not is_temporary(layer):
                self._rows.append((layer, self._add_box(layer, reason)))
                if layer is focused:
                    self._rows[-1][1].setFocus()
        self._unticked &= {id(layer) for layer in images}
        self._empty.setVisible(not self._rows)
        self._tell()

    def _add_box(self, layer: Layer, reason: str) -> NameBox:
        text = f"{layer.name} ({self._short_reason(layer)})" if reason else layer.name
        box = NameBox(text, self)
        box.setToolTip(reason or layer.name)
        box.setEnabled(not reason)
        box.setChecked(not reason and id(layer) not in self._unticked)
        box.toggled.connect(partial(self._on_toggled, id(layer)))
        layout = self.layout()
        assert layout is not None
        layout.addWidget(box)
        return box

    def _discard(self, box: NameBox) -> None:
        layout = self.layout()
        assert layout is not None
        layout.removeWidget(box)
        box.hide()
        box.deleteLater()

    def _on_toggled(self, key: int, on: bool) -> None:
        (self._unticked.discard if on else self._unticked.add)(key)
        self._tell()

    def _tell(self) -> None:
        now = self.ticked()
        if [id(layer) for layer in now] != [id(layer) for layer in self._before]:
            self._before = now
            self.ticked_changed.emit()

    def _on_layers_changed(self) -> None:
        if is_alive(self):
            self.refresh()
