"""A drop-down list of layers that stays right while layers come, go, move and are renamed."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Layer
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QStandardItemModel
from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget

from napari_fidelity.widgets.jobs import is_alive
from napari_fidelity.widgets.temporary_layers import is_temporary

LAYER_EVENTS = ("inserted", "removed", "reordered", "renamed")


class LayerChoice(QComboBox):
    """A combo box of a viewer's layers, the top one first.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    verdict : callable
        Receives a layer; `None` leaves it out, an empty string offers it, and a sentence
        shows it greyed with that sentence as the tooltip.
    none_text : str, optional
        First entry that means "no layer". Default: there is no such entry, and an empty
        list shows `empty_text`.
    purpose : str
        What the layer is for: the tooltip, under the layer's name.

    Notes
    -----
    `layer_changed` is emitted with the layer or None whenever another layer is chosen, by hand,
    by `choose`, or because the chosen one was deleted. A renamed layer stays chosen.
    """

    layer_changed = Signal(object)

    def __init__(
        self,
        viewer: ViewerModel,
        verdict: Callable[[Layer], str | None],
        *,
        none_text: str | None = None,
        empty_text: str = "no such layer",
        purpose: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._verdict = verdict
        self._none_text = none_text
        self._empty_text, self._purpose = empty_text, purpose
        self._layers: list[Layer | None] = []
        self._chosen: Layer | None = None
        self._wants_default = none_text is None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for name in LAYER_EVENTS:
            getattr(viewer.layers.events, name).connect(self._on_layers_changed)
        self.currentIndexChanged.connect(self._on_index_changed)
        self.refresh()

    def layer(self) -> Layer | None:
        """The chosen layer; None when there is none or it cannot be used any more."""
        usable = self._chosen in self._viewer.layers and self._verdict(self._chosen) == ""
        return self._chosen if usable else None

    def chosen(self) -> Layer | None:
        """The chosen layer, whether it can be used or not."""
        return self._chosen

    def usable(self) -> list[Layer]:
        """The layers that can be chosen, the top one first."""
        return [layer for layer in self._layers if layer and self._verdict(layer) == ""]

    def problem(self) -> str:
        """Why the chosen layer cannot be used; empty when it can or none is chosen."""
        if self._chosen is None or self._chosen not in self._viewer.layers:
            return ""
        return self._verdict(self._chosen) or ""

    def choose(self, layer: Layer | None) -> None:
        """Choose `layer` if it is offered; otherwise nothing changes."""
        self.refresh()
        if layer in self._layers and (layer is None or self._verdict(layer) == ""):
            self.setCurrentIndex(self._layers.index(layer))

    def refresh(self) -> None:
        """Build the list anew, keeping the chosen layer; called for you on layer events."""
        before = self._chosen
        layers = [layer for layer in reversed(self._viewer.layers) if not is_temporary(layer)]
        offered = [(layer, self._verdict(layer)) for layer in layers]
        listed = [(layer, reason) for layer, reason in offered if reason is not None]
        self.blockSignals(True)
        self.clear()
        self._layers = [] if self._none_text is None else [None]
        if self._none_text is not None or not listed:
            self.addItem(self._none_text or self._empty_text)
            self._layers = [None]
        for layer, reason in listed:
            self._add_layer(layer, reason)
        self._chosen = self._keep_choice(dict_of_reasons(listed), before)
        self.setCurrentIndex(self._layers.index(self._chosen) if self._layers else -1)
        self.blockSignals(False)
        self._show_tip()
        if self._chosen is not before:
            self.layer_changed.emit(self._chosen)

    def showPopup(self) -> None:  # noqa: N802  # Qt's name
        """Look at the layers once more: data may have changed shape without an event here."""
        self.refresh()
        super().showPopup()

    def minimumSizeHint(self) -> QSize:  # noqa: N802  # Qt's name
        """Narrow: long layer names must not widen a dock."""
        return QSize(80, super().minimumSizeHint().height())

    def _keep_choice(self, reasons: dict[int, str], before: Layer | None) -> Layer | None:
        if before is not None and id(before) in reasons:
            return before
        if not self._wants_default:
            return None
        usable = (layer for layer in self._layers if layer and reasons[id(layer)] == "")
        return next(usable, self._layers[0] if self._layers else None)

    def _add_layer(self, layer: Layer, reason: str) -> None:
        self.addItem(layer.name)
        row = self.count() - 1
        self._layers.append(layer)
        self.setItemData(row, reason or layer.name, Qt.ItemDataRole.ToolTipRole)
        model = self.model()
        if reason and isinstance(model, QStandardItemModel) and (item := model.item(row)):
            item.setEnabled(False)

    def _show_tip(self) -> None:
        """The chosen layer's whole name, which may be cut off, and what it is for."""
        name = self._chosen.name if self._chosen is not None else ""
        self.setToolTip("\n".join(words for words in (name, self._purpose) if words))

    def _on_index_changed(self, index: int) -> None:
        chosen = self._layers[index] if 0 <= index < len(self._layers) else None
        if chosen is not self._chosen:
            self._chosen = chosen
            self._show_tip()
            self.layer_changed.emit(chosen)

    def _on_layers_changed(self, event: object = None) -> None:  # noqa: ARG002  # napari's
        if is_alive(self):
            self.refresh()


def dict_of_reasons(listed: list[tuple[Layer, str]]) -> dict[int, str]:
    """Reasons by the layer's identity: layers are compared by what they are, not hold."""
    return {id(layer): reason for layer, reason in listed}
