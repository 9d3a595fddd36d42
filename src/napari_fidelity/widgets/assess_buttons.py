"""The buttons under an assessment: the whole table, the background that was compared, a copy."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_fidelity.operations.assess import Assessment
from napari_fidelity.widgets.copy_menu import CopyButton, FindCall

NOTHING_YET = "Nothing is measured yet: press Assess first."
NO_BACKGROUND = "Without a mask there is no background: choose or make a mask, then Assess."


class ResultButtons(QWidget):
    """*All metrics…*, *Show background*, disabled with a reason while there is nothing; a copy.

    Parameters
    ----------
    find_call, say : callable
        As `CopyButton`: what the dock would measure now, and where words go.
    """

    def __init__(
        self, find_call: FindCall, say: Callable[[str, str], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.copy = CopyButton(find_call, say)
        self.table = QPushButton("All metrics…")
        self.background = QPushButton("Show background")
        self.background.setCheckable(True)
        layout = QGridLayout(self)  # in one row they would be cut off
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 0, 0)
        layout.addWidget(self.background, 0, 1)
        layout.addWidget(self.copy, 1, 0, 1, 2)

    def in_order(self) -> tuple[QWidget, ...]:
        """The buttons from left to right."""
        return self.table, self.background, self.copy

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
