"""Which image the intensities are matched to, or none."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from napari.layers import Image as ImageLayer
from napari.layers import Layer
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import CAPTION, Words, guard_wheel
from napari_fidelity.widgets.layer_choice import LayerChoice
from napari_fidelity.widgets.layer_frames import frame_difference
from napari_fidelity.widgets.layers import METADATA_KEY, grey_problem, source_from_layer

PURPOSE = "A real image whose brightness the result takes over"


class MatchSection(QWidget):
    """Caption, list of images that lie on the mask, and one line that says what matching does.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers.
    mask, own_result : callable
        Give the chosen mask and the dock's own result layer, or None.
    """

    match_changed = Signal(object)

    def __init__(
        self,
        viewer: ViewerModel,
        mask: Callable[[], Layer | None],
        own_result: Callable[[], Layer | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._mask = mask
        self._own_result = own_result
        self.choice = LayerChoice(viewer, self.verdict, none_text="none", purpose=PURPOSE)
        self.choice.setAccessibleName("Match intensities to")
        guard_wheel(self.choice)
        self.words = Words()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (Words("Match intensities to", CAPTION), self.choice, self.words):
            layout.addWidget(widget)
        self.choice.layer_changed.connect(self.match_changed)
        self.refresh()

    def layer(self) -> Layer | None:
        """The image to match, or None."""
        return self.choice.layer()

    def problem(self) -> str:
        """Why the chosen image cannot be matched; empty when it can or none is chosen."""
        return self.choice.problem()

    def take_active_layer(self) -> None:
        """Choose the active layer when it is an image that can be matched."""
        active = self._viewer.layers.selection.active
        if isinstance(active, ImageLayer) and METADATA_KEY not in active.metadata:
            self.choice.choose(active)

    def refresh(self) -> None:
        """Judge the images anew: the mask, or the result, has changed."""
        self.choice.refresh()
        matched = self.layer()
        self.words.say(
            f"Result as {source_from_layer(matched).dtype}, at the contrast of “{matched.name}”."
            if matched is not None
            else "Levels of the training set, or your own (below)."
        )

    def verdict(self, layer: Layer) -> str | None:
        """How the list shows a layer: "" offered, words greyed, None left out."""
        mask = self._mask()
        if not isinstance(layer, ImageLayer) or layer is mask:
            return None
        own = self._own_result()
        if own is not None and own is layer:
            return f"“{layer.name}” is the result of this dock: match to a real image."
        if problem := grey_problem(layer):
            return problem
        has_pixels = mask is not None and not grey_problem(mask)
        return frame_difference(mask, layer) if has_pixels else ""
