"""The two buttons under an assessment: the whole table, and the background that was compared."""

from __future__ import annotations

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_fidelity.operations.assess import Assessment

NOTHING_YET = "Nothing is measured yet: press Assess first."
NO_BACKGROUND = "Without a mask there is no background: choose or make a mask, then Assess."


class ResultButtons(QWidget):
    """*All metrics…* and *Show background*, disabled with a reason while there is nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = QPushButton("All metrics…")
        self.background = QPushButton("Show background")
        self.background.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addWidget(self.background)

    def update_state(self, assessment: Assessment | None, *, is_shown: bool) -> None:
        """Offer what `assessment` has; `is_shown`: the background is among the layers."""
        self.table.setEnabled(assessment is not None)
        self.table.setToolTip(
            NOTHING_YET
            if assessment is None
            else "Every metric with its definition, to copy or save"
        )
        reason = ""
        if assessment is None:
            reason = NOTHING_YET
        elif assessment.background is None:
            reason = NO_BACKGROUND
        self.background.setEnabled(not reason)
        self.background.setToolTip(reason or "Show the pixels that Noise was measured in")
        self.background.blockSignals(True)
        self.background.setChecked(is_shown)
        self.background.blockSignals(False)
