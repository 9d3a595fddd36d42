"""The line under a dock's button: what happens, what went wrong, and a link to the details."""

from __future__ import annotations

import html

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_fidelity.widgets.dock_parts import HINT, Words, set_look


class JobWords(Words):
    """Words that may end in a link, *Details…*, for who wants to report what failed.

    Attributes
    ----------
    details_wanted : Signal
        Emitted when the link is clicked, or pressed with the keyboard.
    details : str
        What the link stands for; empty: there is no link.
    """

    details_wanted = Signal()

    def __init__(self, text: str = "", role: str = HINT, parent: QWidget | None = None) -> None:
        self.details = self._plain = ""
        super().__init__(text, role, parent)
        self.linkActivated.connect(lambda _: self.details_wanted.emit())

    def text(self) -> str:
        """The words without the link."""
        return self._plain

    def say(self, text: str, role: str = HINT, details: str = "") -> None:
        """Show `text` in the look of `role`, with the link where there are `details`."""
        self._plain, self.details = text, details
        self.setAccessibleName(text)
        self.setAccessibleDescription("Press Enter for Details…" if details else "")
        set_look(self, "role", role)
        self._render()
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802  # Qt's name
        """Let the link follow the theme."""
        super().changeEvent(event)
        if self.details and event is not None and event.type() == QEvent.Type.StyleChange:
            self._render()

    def _render(self) -> None:
        if not self.details:
            self.setTextFormat(Qt.TextFormat.PlainText)
            self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.setText(self._plain)
            return
        color = self.palette().color(self.foregroundRole()).name()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        link = f'<a href="details" style="color: {color}">Details…</a>'
        self.setText(f"{html.escape(self._plain)} {link}")
