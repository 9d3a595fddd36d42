"""The two buttons under a result: keep it, save it."""

from __future__ import annotations

from napari.layers import Layer
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

NOTHING_YET = "There is no result of this dock yet: make one first."


class ResultButtons(QWidget):
    """*Keep* and *Save with provenance…*, disabled with their reason while there is no result."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keep = QPushButton("Keep")
        self.save = QPushButton("Save with provenance…")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.keep)
        layout.addWidget(self.save, 1)

    def show_result(self, layer: Layer | None) -> None:
        """Name the result that they are about, or say that there is none."""
        name = layer.name if layer is not None else ""
        tips = (
            f"Leave “{name}” as it is; the next result gets a layer of its own",
            f"Write “{name}” as OME-TIFF with all that it was made from",
        )
        for button, tip in zip((self.keep, self.save), tips, strict=True):
            button.setEnabled(layer is not None)
            button.setToolTip(tip if layer is not None else NOTHING_YET)
