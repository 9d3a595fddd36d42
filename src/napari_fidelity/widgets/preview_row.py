"""The switch of a preview and the line that says what it shows."""

from __future__ import annotations

from collections.abc import Callable

from napari.components import ViewerModel
from qtpy.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from napari_fidelity.widgets.dock_parts import Words
from napari_fidelity.widgets.preview_request import PreviewRequest
from napari_fidelity.widgets.region_preview import RegionPreview

TIP = (
    "Shows the result on what you see, without changing a layer; it follows the view and the "
    "settings. Untick it to see the image itself"
)


class PreviewRow(QWidget):
    """*Preview in the view*, and what it shows; unticked when somebody deletes its layer.

    Parameters
    ----------
    viewer : ViewerModel
        Whose view is followed.
    ask : callable
        What is wanted now; it may raise a `UserError`, which is said.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        ask: Callable[[], PreviewRequest],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.box = QCheckBox("Preview in the view")
        self.box.setToolTip(TIP)
        self.words = Words()
        self.preview = RegionPreview(viewer, ask, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.box)
        layout.addWidget(self.words)
        self.box.toggled.connect(self.preview.set_on)
        self.preview.said.connect(self.words.say)
        self.preview.deleted.connect(lambda: self.box.setChecked(False))

    def set_on(self, on: bool) -> None:
        """Show the preview, or take it away."""
        self.box.setChecked(on)

    def toggle(self) -> None:
        """Show what is not shown, and the other way round."""
        if self.box.isEnabled():
            self.box.toggle()

    def end(self) -> None:
        """Take the preview away: the dock was closed."""
        self.set_on(False)
        self.preview.end()
