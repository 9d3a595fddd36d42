"""The upper part of the Compare dock: which layers, in which view, with what on them."""

from __future__ import annotations

from functools import partial

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Labels, Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QGridLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fidelity.core.catalog import Catalog
from napari_fidelity.widgets.compare_mode import CompareMode
from napari_fidelity.widgets.dock_parts import CAPTION, HINT, Words
from napari_fidelity.widgets.layer_list import LayerList

NOTHING = "Open two images, or make one in another dock: they appear here."


class ModeButtons(QWidget):
    """One button for each view, of which one is pressed.

    Attributes
    ----------
    chosen : Signal
        Emitted with the key of the view that a person pressed.
    """

    chosen = Signal(str)

    def __init__(self, modes: Catalog[CompareMode]) -> None:
        super().__init__()
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for number, (key, mode) in enumerate(modes.items()):
            button = QToolButton()
            button.setText(mode.title)
            button.setCheckable(True)
            button.setObjectName("fidelityMode")
            button.setToolTip(mode.purpose)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(partial(self.chosen.emit, key))
            self._group.addButton(button)
            layout.addWidget(button, number // 2, number % 2)
            self.buttons[key] = button

    def show_mode(self, key: str) -> None:
        """Let the button of `key` be the pressed one."""
        self.buttons[key].setChecked(True)


class CompareInputs(QWidget):
    """Layers to tick, views to choose from, captions and contrast.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    modes : Catalog of CompareMode
        The views; their controls are shown while they are chosen.
    """

    def __init__(self, viewer: ViewerModel, modes: Catalog[CompareMode]) -> None:
        super().__init__()
        self._viewer, self._modes = viewer, modes
        self.layer_list = LayerList(
            viewer,
            verdict=lambda layer: "",  # noqa: ARG005  # every image and mask can be looked at
            short_reason=lambda layer: "",  # noqa: ARG005
            kinds=(ImageLayer, Labels),
            ticked_at_first=_is_seen_image,
            empty_text=NOTHING,
        )
        self.mode_buttons = ModeButtons(modes)
        self.mode_words = Words("", HINT)
        self._rows = {key: mode.controls() for key, mode in modes.items()}
        self.contrast_box = QCheckBox("Same contrast for all")
        self.contrast_box.setChecked(True)
        self.contrast_box.setToolTip(
            "Contrast limits and gamma of the images are linked while they are compared, and "
            "come back afterwards. Pixels never change."
        )
        self.caption_box = QCheckBox("Names on the images")
        self.caption_box.setChecked(True)
        self.caption_box.setToolTip("Write each layer's name over it while layers are compared")
        self.contrast_words = Words("", HINT)
        self._lay_out()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(Words("Layers", CAPTION))
        layout.addWidget(self.layer_list)
        layout.addWidget(Words("View", CAPTION))
        layout.addWidget(self.mode_buttons)
        for row in self._rows.values():
            if row is not None:
                layout.addWidget(row)
        layout.addWidget(self.mode_words)
        for widget in (self.contrast_box, self.contrast_words, self.caption_box):
            layout.addWidget(widget)

    def show_mode(self, key: str) -> None:
        """Show what belongs to the view called `key`."""
        self.mode_buttons.show_mode(key)
        self.mode_words.say(self._modes[key].purpose, HINT)
        for other, row in self._rows.items():
            if row is not None:
                row.setVisible(other == key)

    def layers(self) -> list[Layer]:
        """The ticked layers, the bottom one first: as napari's grid orders them."""
        return self.layer_list.ticked()[::-1]

    def take_selected_layers(self) -> None:
        """Tick what is selected in napari's layer list, when that is more than one layer."""
        selected = [
            layer
            for layer in self.layer_list.offered()
            if any(layer is chosen for chosen in self._viewer.layers.selection)
        ]
        if len(selected) > 1:
            self.layer_list.tick(selected)


def _is_seen_image(layer: Layer) -> bool:
    return isinstance(layer, ImageLayer) and bool(layer.visible)
